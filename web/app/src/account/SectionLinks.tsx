import { texts } from "../texts/index.js";
import { goToSection } from "../ui/Section.js";

/** Links to the sections of the page, for screens that show them one below the other. */
export function SectionLinks({ hasEmailChange, hasPassword }: { hasEmailChange: boolean; hasPassword: boolean }) {
  const links: [string, string][] = [
    ["devices", texts.devices.title],
    ["activity", texts.events.short],
    ["password", texts.passwordChange.title],
    ...(hasEmailChange ? [["email", texts.emailChange.title] satisfies [string, string]] : []),
    ...(hasPassword ? [["deletion", texts.deletion.title] satisfies [string, string]] : []),
  ];
  return (
    <nav className="section-links" aria-label={texts.account.sections}>
      <ul>
        {links.map(([id, label]) => (
          <li key={id}>
            <a
              href={`#${id}`}
              onClick={(event) => {
                // The router would take a new fragment for a new page.
                event.preventDefault();
                goToSection(id);
              }}
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
