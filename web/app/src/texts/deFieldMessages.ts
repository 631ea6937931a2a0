/** What the server says about one field. Each message continues the field's label. */
const fieldMessages: readonly (readonly [RegExp, string])[] = [
  [/^is missing$|^must not be empty$/, "bitte ausfüllen"],
  [/^must have at least (\d+) characters$/, "mindestens $1 Zeichen"],
  [/^must have at most (\d+) characters$/, "höchstens $1 Zeichen"],
  [/^must be an address like (\S+)$/, "bitte eine Adresse wie $1 eingeben"],
  [/^must be at most (\d+) bytes long$/, "höchstens $1 Bytes"],
  [/^must not contain invisible characters.*$/, "enthält unsichtbare Zeichen; bitte eintippen statt einfügen"],
  [/^must not be the email address$/, "darf nicht die E-Mail-Adresse sein"],
  [/^must differ from the current password$/, "muss sich vom bisherigen unterscheiden"],
  [
    /^is among the most common passwords.*$/,
    "gehört zu den häufigsten und wird zuerst geraten; nehmen Sie zum Beispiel vier zufällige Wörter",
  ],
  [
    /^is a common word with.*$/,
    "ist nur ein häufiges Wort mit ein paar Zeichen; nehmen Sie zum Beispiel vier zufällige Wörter",
  ],
  [
    /^is little more than your email address.*$/,
    "besteht fast nur aus Ihrer E-Mail-Adresse oder dem Namen dieses Dienstes; nehmen Sie zum Beispiel vier zufällige Wörter",
  ],
  [
    /^is little more than neighbouring keys.*$/,
    "besteht fast nur aus benachbarten Tasten oder einer häufigen Zahl; nehmen Sie zum Beispiel vier zufällige Wörter",
  ],
];

/** In German. A message that this app does not know stays as the server sends it. */
export function translateFieldMessage(message: string): string {
  const found = fieldMessages.find(([pattern]) => pattern.test(message));
  return found ? message.replace(...found) : message;
}
