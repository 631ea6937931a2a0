import { Spinner } from "../ui/Spinner.js";

export function LoadingPage({ text = "Loading…" }: { text?: string }) {
  return (
    <main className="page centered" aria-busy="true">
      <p className="delayed" role="status">
        <Spinner /> {text}
      </p>
    </main>
  );
}
