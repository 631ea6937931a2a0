import { Spinner } from "../ui/Spinner.js";
import { texts } from "../texts/index.js";

export function LoadingPage({ text = texts.app.loading }: { text?: string }) {
  return (
    <main className="page centered" aria-busy="true">
      <p className="delayed" role="status">
        <Spinner /> {text}
      </p>
    </main>
  );
}
