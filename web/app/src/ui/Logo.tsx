/** One generation that leads to the next. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M10 8v16M22 8v16M10 16h12" />
      <circle cx="10" cy="8" r="3" />
      <circle cx="22" cy="24" r="3" />
    </svg>
  );
}
