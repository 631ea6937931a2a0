import type { Device } from "@heirloom/client";
import { useState } from "react";
import { texts } from "../texts/index.js";
import { Button } from "../ui/Button.js";
import { Loading } from "../ui/Loading.js";
import { Notice } from "../ui/Notice.js";
import { Section } from "../ui/Section.js";
import type { AsyncData } from "../ui/useAsyncData.js";
import { useFocusFallback } from "../ui/useFocusFallback.js";
import { DeviceRow } from "./DeviceRow.js";
import { LogOutAll } from "./LogOutAll.js";
import { displayName, sortDevices } from "./sessions.js";

/** A longer list is folded. */
const MAX_DEVICES = 5;

export function Devices({ data, onChange }: { data: AsyncData<Device[]>; onChange: () => void }) {
  const { value: devices } = data;
  const [message, setMessage] = useState<string | null>(null);
  const [isFolded, setIsFolded] = useState(true);
  const list = useFocusFallback<HTMLUListElement>(devices);
  const sorted = devices && sortDevices(devices);
  const onLogout = (message: string) => {
    setMessage(message);
    onChange();
  };
  return (
    <Section id="devices" title={texts.devices.title} intro={texts.devices.intro}>
      <Loading data={data} />
      {message && <Notice kind="success">{message}</Notice>}
      {sorted && (
        <ul className="rows" aria-label={texts.devices.title} ref={list} tabIndex={-1}>
          {sorted.slice(0, isFolded ? MAX_DEVICES : sorted.length).map((device) => (
            <DeviceRow
              key={device.id}
              device={device}
              onLogout={() => onLogout(texts.devices.isLoggedOut(displayName(device)))}
            />
          ))}
        </ul>
      )}
      <div className="section-actions">
        {sorted && sorted.length > MAX_DEVICES && (
          <Button aria-expanded={!isFolded} onClick={() => setIsFolded(!isFolded)}>
            {isFolded ? texts.devices.showAll(sorted.length) : texts.devices.showFewer}
          </Button>
        )}
        <LogOutAll
          others={devices ? devices.filter(({ current }) => !current).length : 0}
          onLogout={() => onLogout(texts.devices.othersLoggedOut)}
        />
      </div>
    </Section>
  );
}
