/** The texts of the family view, in English. */
export const enFamily = {
  family: {
    title: "Family view",
    explanation: [
      "**A login starts a token family.** Its first refresh token is generation 1. The token is in a cookie that no script can read, and it keeps you logged in.",
      "**Each refresh rotates the token.** The server takes the newest token and returns the next generation. It stores one number: the newest generation.",
      "**An old token is a sign of theft,** and revokes the family. There are two exceptions: concurrent tabs and lost responses. The server recognises both.",
    ],
    notAvailable: "Not available on this server",
    notAvailableText:
      "The family view works only on a development server, and this server is for production. Run `make run` to start a development server on your own machine.",
    credits: (left: number, all: number) => `${left} of ${all}`,
  },
  ownFamily: {
    title: "Your session",
    intro:
      "The token family of your current session. It gains one generation with each refresh: when the access token expires, and when you refresh it here.",
    timeline: "Generations of your session",
    newest: "Newest generation",
    issued: "Issued",
    inUse: "In use",
    isInUse: "yes, confirmed",
    isNotInUse: "not yet",
    credits: "Recovery credits",
    expires: "Expires at the latest",
    refresh: "Refresh now",
  },
  sandbox: {
    title: "Try it",
    intro:
      "A sandbox is a second token family that you can break without effect on your session. The tokens, the server and the rules are real. The only difference: this page can read the tokens.",
    start: "Start a sandbox",
    startAnother: "Start another sandbox",
    scenarios: "Scenarios",
    refresh: "Refresh normally",
    race: "Refresh in two tabs",
    lose: "Lose a response",
    steal: "Replay a stolen token",
    timeline: "Generations",
    selectOld: "Select an old generation to present its token again.",
    hint: (credits: string) =>
      `Confirmed: the access token of this generation was used, so the client has received it. Recovery credits: ${credits}.`,
    first: "This family has one generation, as after a login. Choose a scenario to see how the server responds.",
    steps: "What happened",
    earlier: (count: number) => `${count} earlier ${count === 1 ? "step" : "steps"}`,
    timeLeft: "Time left in the overlap window",
    retryOrWait: (seconds: number) =>
      `Retry now, as after a short network failure. Or wait for the end of the overlap window of ${seconds} seconds, as a closed laptop does.`,
    lateWithoutCredits:
      "The laptop has slept longer than the overlap window, and no recovery credits are left. The server will treat the retry as theft.",
    late: (lost: number, credits: string) =>
      `The laptop has slept longer than the overlap window. The server can still recover the response for two reasons: generation ${lost} was not used, and recovery credits are left (${credits}).`,
    wakeUp: (generation: number) => `Wake up and present generation ${generation}`,
    retryNow: (seconds: number) => `Retry now (${seconds} s left)`,
  },
  steps: {
    actors: { page: "The page", tabA: "Tab A", tabB: "Tab B", thief: "The thief", client: "A client" },
    honestPage: "The honest page",
    summary: (actor: string, presented: number, response: string) =>
      `${actor} presents generation ${presented}: ${response}`,
    responseLost: (status: number) => `${status}, response lost`,
    withGeneration: (status: number, returned: number) => `${status} with generation ${returned}`,
    lost: (generation: number, isNew: boolean) =>
      `Generation ${generation} is ${isNew ? "issued" : "returned again"}, but the response is lost`,
    lostWhy: (server: number, page: number) =>
      `The server is at generation ${server}, but the page still has generation ${page}. If the page retries, it presents an old token, as a thief does. The difference: generation ${server} was not used yet.`,
    rotated: (next: number, previous: number) => `Generation ${next} replaces generation ${previous}`,
    rotatedWhy:
      "The presented token was the newest. This is the normal case: the server increments a number in one database row.",
    replayed: (next: number) => `Generation ${next} is returned again`,
    sameTokenWhy: (presented: number) =>
      `Both tabs presented generation ${presented}, and both received the same successor. The server computes a successor instead of choosing it at random, so it does not matter which response arrives first.`,
    replayedWhy: (presented: number) =>
      `Generation ${presented} was rotated only a moment ago. A second tab or a quick retry often presents such a token, so the server returns the same successor during the overlap window. It stores nothing.`,
    elsewhere: (next: number) => `Generation ${next} is returned again, to another place`,
    elsewhereWhy: (presented: number, credits: string) =>
      `Generation ${presented} was rotated only a moment ago, but from another address or browser. A phone that changes its network does this now and then, a thief who follows does it every time. It costs two thirds of a recovery credit, so a thief cannot repeat it without limit. Credits left: ${credits}.`,
    recovered: (next: number) => `Generation ${next} is recovered`,
    recoveredWhy: (next: number, credits: string) =>
      `A client uses the tokens that it receives. Generation ${next} was not used, so its response was lost. The server returns the same token again and creates no new one. This costs one recovery credit, so a thief cannot repeat it without limit. Credits left: ${credits}.`,
    caughtUp: (presented: number) => `The server continues from generation ${presented}`,
    caughtUpWhy: "The token proves that the server issued it. The server lost this generation in a crash.",
    expired: "Rejected: this family has expired",
    expiredWhy: "A sandbox expires after 15 minutes. Start another one.",
    invalid: "Rejected",
    invalidWhy: "The token or its account is not valid.",
    theft: "Theft: the family is revoked",
    theftWhy: (presented: number, newest: number, isConfirmed: boolean, byThief: boolean) =>
      `Generation ${presented} is old, and ${isConfirmed ? `generation ${newest} is in use` : `the family is at generation ${newest}`}. Only a copied token explains this. The server cannot know which client is the thief, so it revokes the family for both${byThief ? ". The honest page presents its own token next, gets a 401 too, and logs in again." : ", and the owner logs in again."}`,
    unproven: "Treated as theft: the family is revoked",
    unprovenWhy: (newest: number, presented: number) =>
      `Neither generation ${newest} nor generation ${presented} was used. An unused token points to a lost response only if the client normally uses its tokens. This client does not, so the server rejects it.`,
    noCredits: "Treated as theft: no recovery credits are left",
    noCreditsWhy: (newest: number, burst: number, every: number) =>
      `Generation ${newest} was not used, so its response may have been lost. But ${burst === 0 ? "this server recovers no lost responses" : `a family has only ${burst} recovery ${burst === 1 ? "credit" : "credits"}, and earns one more every ${every} generations`}. A thief who always refreshes first looks the same, so recovery has a limit. The page gets a 401 and logs in again.`,
    revoked: "Rejected: this family is revoked",
    revokedElsewhereWhy:
      "It was revoked from elsewhere: in the list of devices, by a password change or by an administrator. No old token was presented, so there is no thief. The server rejects every token of a revoked family, even the newest.",
    revokedWhy: (who: string, isNewest: boolean) =>
      `${who} presented ${isNewest ? "the newest token" : "an old token"}. The server rejects every token of a revoked family. The app shows the reason and a link to log in. Other devices are not affected.`,
  },
  timeline: {
    name: (label: string) => `${label}, timeline`,
    generation: "Generation",
    presentAgain: (generation: number) => `Generation ${generation}: present it again`,
    states: { rotated: "rotated", newest: "newest", lost: "response lost", replayed: "replayed", revoked: "revoked" },
    confirmed: "confirmed",
    overlap: (seconds: number) => `overlap: ${seconds} s`,
    more: (count: number) => `${count} more, all rotated.`,
    revoked: (reason: string) => `revoked: ${reason}`,
    unproven: "treated as theft",
    reasons: {
      reuse: "theft",
      logout: "logout",
      logout_all: "logout everywhere",
      password_change: "password change",
      admin: "from elsewhere",
    } as Record<string, string>,
  },
};

export type FamilyTexts = typeof enFamily;
