import { useCallback, useMemo, useState } from "react";
import { useEventLog } from "../account/useEventLog.js";
import { useHeirloomUrl, useSession } from "../session/SessionContext.js";
import { useLookAgain } from "../session/useLookAgain.js";
import { TheftWarning } from "../theft/TheftWarning.js";
import { Loading } from "../ui/Loading.js";
import { Page } from "../ui/Page.js";
import { Section } from "../ui/Section.js";
import { useAsyncData } from "../ui/useAsyncData.js";
import { useFocusFallback } from "../ui/useFocusFallback.js";
import { createFamilyApi } from "./familyApi.js";
import { SandboxSection } from "./SandboxSection.js";
import { SessionFamily } from "./SessionFamily.js";
import { texts } from "../texts/index.js";
import { Rich } from "../ui/Rich.js";

export function FamilyPage({ sessionId }: { sessionId: string }) {
  const session = useSession();
  const heirloom = useHeirloomUrl();
  const api = useMemo(() => createFamilyApi(heirloom, session), [heirloom, session]);
  const data = useAsyncData(
    useCallback(async () => ({ isAvailable: (await api.getFamily(sessionId)) !== null }), [api, sessionId]),
  );
  const { value } = data;
  const content = useFocusFallback<HTMLDivElement>(value);
  const [version, setVersion] = useState(0);
  useLookAgain(useCallback(() => setVersion((version) => version + 1), []));
  const { theft } = useEventLog(version);
  return (
    <Page title={texts.family.title}>
      <TheftWarning theft={theft} />
      <ol className="explanation">
        {texts.family.explanation.map((step) => (
          <li key={step}>
            <Rich text={step} />
          </li>
        ))}
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
    <Section title={texts.family.notAvailable}>
      <p>
        <Rich text={texts.family.notAvailableText} />
      </p>
    </Section>
  );
}
