import { useCallback, useMemo } from "react";
import { useHeirloomUrl, useSession } from "../session/SessionContext.js";
import { Loading } from "../ui/Loading.js";
import { Page } from "../ui/Page.js";
import { Section } from "../ui/Section.js";
import { useAsyncData } from "../ui/useAsyncData.js";
import { useFocusFallback } from "../ui/useFocusFallback.js";
import { createFamilyApi } from "./familyApi.js";
import { SandboxSection } from "./SandboxSection.js";
import { SessionFamily } from "./SessionFamily.js";

export function FamilyPage({ sessionId }: { sessionId: string }) {
  const session = useSession();
  const heirloom = useHeirloomUrl();
  const api = useMemo(() => createFamilyApi(heirloom, session), [heirloom, session]);
  const data = useAsyncData(
    useCallback(async () => ({ isAvailable: (await api.getFamily(sessionId)) !== null }), [api, sessionId]),
  );
  const { value } = data;
  const content = useFocusFallback<HTMLDivElement>(value);
  return (
    <Page title="Family view">
      <ol className="explanation">
        <li>
          <strong>A login starts a token family.</strong> Its first refresh token is generation 1. The token is in a
          cookie that no script can read, and it keeps you logged in.
        </li>
        <li>
          <strong>Each refresh rotates the token.</strong> The server takes the newest token and returns the next
          generation. It stores one number: the newest generation.
        </li>
        <li>
          <strong>An old token is a sign of theft,</strong> and revokes the family. There are two exceptions: concurrent
          tabs and lost responses. The server recognises both.
        </li>
      </ol>
      <Loading data={data} />
      {value?.isAvailable === false && <NotAvailable />}
      {value?.isAvailable && (
        <div ref={content} tabIndex={-1}>
          <SandboxSection api={api} />
          <SessionFamily api={api} id={sessionId} />
        </div>
      )}
    </Page>
  );
}

function NotAvailable() {
  return (
    <Section title="Not available on this server">
      <p>
        The family view works only on a development server, and this server is for production. Run <code>make run</code>{" "}
        to start a development server on your own machine.
      </p>
    </Section>
  );
}
