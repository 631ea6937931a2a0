import type { FamilyTexts } from "./en.family.js";

/** The texts of the family view, in German. */
export const deFamily: FamilyTexts = {
  family: {
    title: "Familienansicht",
    explanation: [
      "**Mit einer Anmeldung beginnt eine Token-Familie.** Ihr erstes Refresh-Token ist Generation 1. Das Token liegt in einem Cookie, das kein Skript lesen kann, und hält Sie angemeldet.",
      "**Jede Erneuerung rotiert das Token.** Der Server nimmt das neueste Token und gibt die nächste Generation zurück. Er speichert eine Zahl: die neueste Generation.",
      "**Ein altes Token deutet auf Diebstahl hin** und beendet die Familie. Es gibt zwei Ausnahmen: gleichzeitige Tabs und verlorene Antworten. Der Server erkennt beide.",
    ],
    notAvailable: "Auf diesem Server nicht verfügbar",
    notAvailableText:
      "Die Familienansicht gibt es nur auf einem Entwicklungsserver, und dieser Server ist für den Betrieb. Starten Sie mit `make run` einen Entwicklungsserver auf Ihrem Rechner.",
    credits: (left, all) => `${left} von ${all}`,
  },
  ownFamily: {
    title: "Ihre Sitzung",
    intro:
      "Die Token-Familie Ihrer aktuellen Sitzung. Mit jeder Erneuerung bekommt sie eine Generation: wenn das Access-Token abläuft, und wenn Sie hier erneuern.",
    timeline: "Generationen Ihrer Sitzung",
    newest: "Neueste Generation",
    issued: "Ausgestellt",
    inUse: "In Benutzung",
    isInUse: "ja, bestätigt",
    isNotInUse: "noch nicht",
    credits: "Guthaben für Wiederholungen",
    expires: "Läuft spätestens ab",
    refresh: "Jetzt erneuern",
  },
  sandbox: {
    title: "Ausprobieren",
    intro:
      "Eine Sandbox ist eine zweite Token-Familie. Sie können sie kaputt machen, ohne dass es Ihre Sitzung betrifft. Die Token, der Server und die Regeln sind echt. Der einzige Unterschied: Diese Seite kann die Token lesen.",
    start: "Sandbox starten",
    startAnother: "Neue Sandbox starten",
    scenarios: "Szenarien",
    refresh: "Normal erneuern",
    race: "In zwei Tabs erneuern",
    lose: "Eine Antwort verlieren",
    steal: "Gestohlenes Token vorlegen",
    timeline: "Generationen",
    selectOld: "Wählen Sie eine alte Generation, um ihr Token erneut vorzulegen.",
    hint: (credits) =>
      `Bestätigt: Das Access-Token dieser Generation wurde benutzt, der Client hat sie also erhalten. Guthaben für Wiederholungen: ${credits}.`,
    first:
      "Diese Familie hat eine Generation, wie nach einer Anmeldung. Wählen Sie ein Szenario, um zu sehen, wie der Server antwortet.",
    steps: "Was geschah",
    earlier: (count) => `${count} ${count === 1 ? "früherer Schritt" : "frühere Schritte"}`,
    timeLeft: "Verbleibende Überlappungszeit",
    retryOrWait: (seconds) =>
      `Versuchen Sie es gleich erneut, wie nach einer kurzen Netzstörung. Oder warten Sie das Ende der Überlappungszeit von ${seconds} Sekunden ab, wie ein zugeklappter Laptop.`,
    lateWithoutCredits:
      "Der Laptop hat länger geschlafen als die Überlappungszeit, und es ist kein Guthaben mehr da. Der Server wird den Versuch als Diebstahl werten.",
    late: (lost, credits) =>
      `Der Laptop hat länger geschlafen als die Überlappungszeit. Der Server kann die Antwort trotzdem wiederholen, aus zwei Gründen: Generation ${lost} wurde nicht benutzt, und es ist noch Guthaben da (${credits}).`,
    wakeUp: (generation) => `Aufwachen und Generation ${generation} vorlegen`,
    retryNow: (seconds) => `Jetzt versuchen (noch ${seconds} s)`,
  },
  steps: {
    actors: { page: "Die Seite", tabA: "Tab A", tabB: "Tab B", thief: "Der Dieb", client: "Ein Client" },
    honestPage: "Die ehrliche Seite",
    summary: (actor, presented, response) => `${actor} legt Generation ${presented} vor: ${response}`,
    responseLost: (status) => `${status}, Antwort verloren`,
    withGeneration: (status, returned) => `${status} mit Generation ${returned}`,
    lost: (generation, isNew) =>
      `Generation ${generation} wird ${isNew ? "ausgestellt" : "erneut ausgegeben"}, aber die Antwort geht verloren`,
    lostWhy: (server, page) =>
      `Der Server ist bei Generation ${server}, aber die Seite hat noch Generation ${page}. Versucht sie es erneut, legt sie ein altes Token vor, wie ein Dieb. Der Unterschied: Generation ${server} wurde noch nicht benutzt.`,
    rotated: (next, previous) => `Generation ${next} ersetzt Generation ${previous}`,
    rotatedWhy:
      "Das vorgelegte Token war das neueste. Das ist der Normalfall: Der Server erhöht eine Zahl in einer Zeile der Datenbank.",
    replayed: (next) => `Generation ${next} wird erneut ausgegeben`,
    sameTokenWhy: (presented) =>
      `Beide Tabs haben Generation ${presented} vorgelegt, und beide haben denselben Nachfolger erhalten. Der Server berechnet den Nachfolger und wählt ihn nicht zufällig. Deshalb ist es egal, welche Antwort zuerst ankommt.`,
    replayedWhy: (presented) =>
      `Generation ${presented} wurde gerade erst rotiert. Ein zweiter Tab oder ein schneller neuer Versuch legt oft ein solches Token vor, daher gibt der Server während der Überlappungszeit denselben Nachfolger aus. Er speichert nichts.`,
    elsewhere: (next) => `Generation ${next} wird erneut ausgegeben, an einen anderen Ort`,
    elsewhereWhy: (presented, credits) =>
      `Generation ${presented} wurde gerade erst rotiert, aber von einer anderen Adresse oder einem anderen Browser. Ein Telefon, das sein Netz wechselt, tut das ab und zu, ein Dieb, der folgt, jedes Mal. Es kostet zwei Drittel eines Guthabens, daher kann ein Dieb es nicht beliebig oft wiederholen. Guthaben: ${credits}.`,
    recovered: (next) => `Generation ${next} wird wiederholt`,
    recoveredWhy: (next, credits) =>
      `Ein Client benutzt die Token, die er erhält. Generation ${next} wurde nicht benutzt, also ging ihre Antwort verloren. Der Server gibt dasselbe Token noch einmal aus und erzeugt kein neues. Das kostet ein Guthaben, daher kann ein Dieb es nicht beliebig oft wiederholen. Guthaben: ${credits}.`,
    caughtUp: (presented) => `Der Server macht bei Generation ${presented} weiter`,
    caughtUpWhy:
      "Das Token beweist, dass der Server es ausgestellt hat. Der Server hat diese Generation bei einem Absturz verloren.",
    expired: "Abgelehnt: Diese Familie ist abgelaufen",
    expiredWhy: "Eine Sandbox läuft nach 15 Minuten ab. Starten Sie eine neue.",
    invalid: "Abgelehnt",
    invalidWhy: "Das Token oder sein Konto ist nicht gültig.",
    theft: "Diebstahl: Die Familie ist beendet",
    theftWhy: (presented, newest, isConfirmed, byThief) =>
      `Generation ${presented} ist alt, und ${isConfirmed ? `Generation ${newest} ist in Benutzung` : `die Familie ist bei Generation ${newest}`}. Nur ein kopiertes Token erklärt das. Der Server kann nicht wissen, welcher Client der Dieb ist, daher beendet er die Familie für beide. ${byThief ? "Die ehrliche Seite legt als Nächstes ihr eigenes Token vor, bekommt auch 401 und meldet sich neu an." : "Der Besitzer meldet sich neu an."}`,
    unproven: "Als Diebstahl gewertet: Die Familie ist beendet",
    unprovenWhy: (newest, presented) =>
      `Weder Generation ${newest} noch Generation ${presented} wurde benutzt. Ein unbenutztes Token deutet nur dann auf eine verlorene Antwort hin, wenn der Client seine Token sonst benutzt. Dieser Client tut das nicht, daher lehnt der Server ab.`,
    noCredits: "Als Diebstahl gewertet: Es ist kein Guthaben mehr da",
    noCreditsWhy: (newest, burst, every) =>
      `Generation ${newest} wurde nicht benutzt, ihre Antwort kann also verloren sein. Aber ${burst === 0 ? "dieser Server wiederholt keine verlorenen Antworten" : `eine Familie hat nur ${burst} Guthaben und verdient alle ${every} Generationen eines dazu`}. Ein Dieb, der immer zuerst erneuert, sieht genauso aus, daher gibt es eine Grenze. Die Seite bekommt 401 und meldet sich neu an.`,
    revoked: "Abgelehnt: Diese Familie ist beendet",
    revokedElsewhereWhy:
      "Sie wurde von anderswo beendet: in der Liste der Geräte, durch ein neues Passwort oder von einem Administrator. Es wurde kein altes Token vorgelegt, also gibt es keinen Dieb. Der Server lehnt jedes Token einer beendeten Familie ab, auch das neueste.",
    revokedWhy: (who, isNewest) =>
      `${who} hat ${isNewest ? "das neueste Token" : "ein altes Token"} vorgelegt. Der Server lehnt jedes Token einer beendeten Familie ab. Die App zeigt den Grund und einen Link zur Anmeldung. Andere Geräte sind nicht betroffen.`,
  },
  timeline: {
    name: (label) => `${label}, Zeitachse`,
    generation: "Generation",
    presentAgain: (generation) => `Generation ${generation}: erneut vorlegen`,
    states: {
      rotated: "rotiert",
      newest: "neueste",
      lost: "Antwort verloren",
      replayed: "wiederholt",
      revoked: "beendet",
    },
    confirmed: "bestätigt",
    overlap: (seconds) => `Überlappung: ${seconds} s`,
    more: (count) => `${count} weitere, alle rotiert.`,
    revoked: (reason) => `beendet: ${reason}`,
    unproven: "als Diebstahl gewertet",
    reasons: {
      reuse: "Diebstahl",
      logout: "Abmeldung",
      logout_all: "überall abgemeldet",
      password_change: "neues Passwort",
      admin: "von anderswo",
    },
  },
};
