import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const Clock = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </Icon>
);

export const Info = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5M12 7.8v.2" />
  </Icon>
);

export const Exit = () => (
  <Icon>
    <path d="M13.5 4H6.8A1.8 1.8 0 0 0 5 5.8v12.4A1.8 1.8 0 0 0 6.8 20h6.7M10 12h10m-3.5-3.5L20 12l-3.5 3.5" />
  </Icon>
);

export const Shield = () => (
  <Icon>
    <path d="M12 3.5 5 6v5.5c0 4.3 2.9 7.7 7 9 4.1-1.3 7-4.7 7-9V6z" />
    <path d="m9.2 12 2 2 3.8-4" />
  </Icon>
);

export const Laptop = () => (
  <Icon>
    <rect x="5" y="5" width="14" height="10" rx="1.5" />
    <path d="M3 18.5h18" />
  </Icon>
);

export const Phone = () => (
  <Icon>
    <rect x="7.5" y="3.5" width="9" height="17" rx="2" />
    <path d="M11 17.5h2" />
  </Icon>
);

export const Terminal = () => (
  <Icon>
    <rect x="3.5" y="5" width="17" height="14" rx="2" />
    <path d="m7.5 9.5 2.5 2.5-2.5 2.5M12.5 14.5h4" />
  </Icon>
);

export const Key = () => (
  <Icon>
    <circle cx="8" cy="15.5" r="3.5" />
    <path d="m10.5 13 8-8m-3 3 2.5 2.5" />
  </Icon>
);

export const Alert = () => (
  <Icon>
    <path d="M12 4 3.5 19h17z" />
    <path d="M12 10v4m0 2.6v.1" />
  </Icon>
);

export const Check = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);

export const Mask = () => (
  <Icon>
    <path d="M4 10.5c2.5-1.5 5.2-2 8-2s5.5.5 8 2c0 3.5-1.8 6-4.3 6-1.7 0-2.5-1.3-3.7-1.3s-2 1.3-3.7 1.3C5.8 16.5 4 14 4 10.5z" />
    <path d="M8.3 12.3h.1m7.2 0h.1" />
  </Icon>
);

export const Eye = () => (
  <Icon>
    <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
    <circle cx="12" cy="12" r="2.8" />
  </Icon>
);

export const EyeOff = () => (
  <Icon>
    <path d="M4 4l16 16M9.5 6A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-3 3.7M6.2 7.8A16 16 0 0 0 2.5 12S6 18.5 12 18.5c1.7 0 3.2-.5 4.5-1.2" />
  </Icon>
);
