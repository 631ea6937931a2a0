import { Link } from "../router.js";
import { texts } from "../texts/index.js";
import type { KnownOffer } from "./useOffer.js";

/** No other scheme becomes a link: `javascript:` would run in this page. */
const LINK = /^(https?:\/\/|mailto:)\S+$/i;

/** The way back to a password: a mail, the operator's link or text, or the operator. */
export function ForgottenPassword({ offer, email }: { offer: KnownOffer; email: string }) {
  if (offer.recovery)
    return (
      <Link to="forgot-password" state={email}>
        {texts.recovery.forgot}
      </Link>
    );
  const help = offer.recovery_help;
  return help && LINK.test(help) ? (
    <a href={help}>{texts.recovery.forgot}</a>
  ) : (
    (help ?? texts.recovery.contactOperator)
  );
}
