import { useCallback, useMemo } from "react";
import { useHeirloomUrl, useSession } from "../session/context.js";
import { Loading } from "../ui/Loading.js";
import { Page } from "../ui/Page.js";
import { Section } from "../ui/Section.js";
import { useKeptFocus } from "../ui/useKeptFocus.js";
import { useLoaded } from "../ui/useLoaded.js";
import { OwnFamily } from "./OwnFamily.js";
import { PracticeGround } from "./PracticeGround.js";
import { familyServer } from "./server.js";

export function FamilyPage({ sessionId }: { sessionId: string }) {
  const session = useSession();
  const heirloom = useHeirloomUrl();
  const server = useMemo(() => familyServer(heirloom, session), [heirloom, session]);
  const loaded = useLoaded(
    useCallback(async () => ({ isOffered: (await server.view(sessionId)) !== null }), [server, sessionId]),
  );
  const { value } = loaded;
  const content = useKeptFocus<HTMLDivElement>(value);
  return (
    <Page title="The family view">
      <ol className="idea">
        <li>
          <strong>A login starts a family of tokens.</strong> The first is generation 1. It waits in a cookie that no
          script can read, and keeps you logged in.
        </li>
        <li>
          <strong>Each refresh spends the newest token</strong> and hands out the next generation. The server remembers
          one number: which generation is the newest.
        </li>
        <li>
          <strong>A spent token that comes back is a copy,</strong> and ends the family. Unless two tabs raced, or an
          answer got lost: the rule tells those from theft.
        </li>
      </ol>
      <Loading of={loaded} />
      {value?.isOffered === false && <NotOffered />}
      {value?.isOffered && (
        <div ref={content} tabIndex={-1}>
          <PracticeGround server={server} />
          <OwnFamily server={server} id={sessionId} />
        </div>
      )}
    </Page>
  );
}

function NotOffered() {
  return (
    <Section title="Not on this server">
      <p>
        To look into a family, and to practise on one, takes a server for development. This one serves real users, so it
        offers neither. On your own machine, <code>make run</code> starts one that does.
      </p>
    </Section>
  );
}
