/**
 * All texts of the app, in English. `**…**` is strong, `` `…` `` is code, and `[…]` is the label of a link. Other languages
 * have the same shape.
 */
export const en = {
  language: "en",
  app: {
    skip: "Skip to content",
    mainNavigation: "Main",
    account: "Account",
    family: "Family view",
    logOut: "Log out",
    servedBy: "Served by Heirloom.",
    docs: "Read the [API documentation].",
    loading: "Loading…",
    tryAgain: "Try again",
    cancel: "Cancel",
    email: "Email",
    password: "Password",
    showPassword: "Show password",
    justNow: "just now",
  },
  devices: {
    title: "Devices",
    intro: "Devices that are logged in to your account. Log out any that you do not recognise.",
    current: "This device",
    deviceName: (name: string) => name,
    lastUsed: "Last used",
    loggedIn: "Logged in",
    expires: "Expires",
    session: (code: string) => `Session ${code}`,
    alsoUsedFrom: "Also used from",
    unknownAddress: "an unknown address",
    alsoUsedHelp: "If that was not you, log out everywhere and change your password.",
    logOutDevice: (name: string, code: string) => `Log out ${name}, session ${code}`,
    isLoggedOut: (name: string) => `${name} is logged out.`,
    showAll: (count: number) => `Show all ${count} devices`,
    showFewer: "Show fewer devices",
    logOutOthers: "Log out all other devices",
    logOutOthersTitle: "Log out all other devices?",
    logOutOthersText: (count: number) =>
      `This logs out ${count === 1 ? "one other device" : `${count} other devices`}. This device stays logged in.`,
    othersLoggedOut: "All other devices are logged out.",
    logOutEverywhere: "Log out everywhere",
    logOutEverywhereTitle: "Log out everywhere?",
    logOutEverywhereText:
      "This revokes all your sessions, including this one. You have to log in again on each device.",
  },
  account: {
    title: "Your account",
    since: (date: string) => `since ${date}`,
    sections: "Sections",
  },
  events: {
    title: "Recent security activity",
    list: "Security events",
    showOlder: "Show older events",
    showing: (count: number, areAll: boolean) => `Showing ${areAll ? "all " : ""}${count} events.`,
    thisDevice: "this device",
    byOperator: "by the operator",
    sandbox: (text: string) => `Sandbox: ${text.charAt(0).toLowerCase()}${text.slice(1)}`,
    sessionRevoked: "A session was revoked",
    kinds: {
      registered: "The account was created",
      login_succeeded: "Logged in",
      login_failed: "Login failed: wrong password",
      logout: "Logged out",
      password_changed: "The password was changed",
      password_change_failed: "Password change failed: wrong current password",
      guessing_slowed: "Too many wrong passwords, so logins were slowed down",
      account_disabled: "The account was disabled",
      account_enabled: "The account was enabled",
      reuse_detected: "An old refresh token was replayed, so the session was revoked",
      replayed_elsewhere: "A session was refreshed from two places at once",
      answer_recovered: "A lost response was recovered",
      row_caught_up: "The server recovered a session after a failure",
      practice_began: "A sandbox was started",
    } as Record<string, string>,
    revocations: {
      logout_all: "A session was revoked by “Log out everywhere”",
      password_change: "A session was revoked by a password change",
      admin: "A session was revoked by an administrator or from another device",
      limit: "The oldest session was revoked because there were too many",
      disabled: "A session was revoked because the account was disabled",
    } as Record<string, string>,
  },
  theft: {
    title: "Someone may have copied one of your sessions",
    text: (when: string, device: string) =>
      `An old refresh token of the session on ${device} was used again (${when}). Heirloom has revoked that session. A restored backup of that browser has the same effect. If you are not sure:`,
    unknownDevice: "one of your devices",
    steps: [
      "Change your password. This also logs out all other devices.",
      "If you keep your password, log out every device that you do not recognise.",
      "Check the device for malware, and remove browser extensions that you do not know.",
    ],
    changePassword: "Change your password",
    hide: "Hide this message",
  },
  passwordChange: {
    title: "Password",
    intro: "A new password logs you out on all other devices.",
    form: "Change your password",
    current: "Current password",
    new: "New password",
    submit: "Change password",
    done: "Your password was changed. Your other sessions were revoked.",
    wrongPassword: "is incorrect",
    hint: "Use at least 8 characters. This server may require more.",
    advice: "Four unrelated words make a good password.",
  },
  deletion: {
    title: "Delete account",
    intro: "This deletes your account, sessions and history permanently.",
    dialogTitle: "Delete your account?",
    /** `{email}` stands for the address. */
    confirm: "This deletes everything that belongs to {email}. Enter your password to confirm.",
    form: "Delete your account",
  },
  auth: {
    logIn: "Log in",
    noAccount: "New here?",
    createAccount: "Create an account",
    create: "Create account",
    hasAccount: "Already have an account?",
    logInInstead: "Log in instead",
    isCreated: "Your account was created. Log in to continue.",
    wrongCredentials: "The email address or the password is wrong.",
    isDisabled: "This account is disabled. Contact the operator of this service.",
    isTaken: "An account with this email address already exists.",
    hasExpired: "Your session has expired. Log in again to continue.",
    notYou: "Not you?",
    about: "About Heirloom",
    slogan: "Stay logged in. Stop stolen tokens.",
    points: [
      "**Many tabs.** They can refresh at the same time.",
      "**Bad networks.** A lost response does not log you out.",
      "**Stolen tokens.** Replaying one revokes the session. Your other devices stay logged in.",
    ],
  },
  ended: {
    logInAgain: "Log in again",
    createAnother: "Create another account",
    loggingOut: "Logging out…",
    expired: {
      title: "Your session has expired",
      text: "You did not use it for a while, or it reached its maximum age. Log in again to continue.",
    },
    revoked: {
      title: "Your session was revoked",
      text: "It was revoked from another device, by a password change or by an administrator. If this was not you, log in and change your password.",
    },
    disabled: {
      title: "Your account is disabled",
      text: "Your sessions were revoked. Contact the operator of this service. You can log in again once the account is enabled.",
    },
    reused: {
      title: "Your session was revoked to protect you",
      text: "An old refresh token of this session was used again. Someone may have a copy of it, so the server revoked the session. Your other devices are not affected. If you do not know why this happened, log in and change your password.",
    },
    loggedOut: { title: "You are logged out", text: "You logged out in another tab." },
    logout: { title: "You are logged out", text: "The server has revoked your session." },
    everywhere: {
      title: "You are logged out everywhere",
      text: "The server has revoked all your sessions, on every device.",
    },
    deleted: {
      title: "Your account is deleted",
      text: "Your sessions on all devices and your history are deleted too.",
    },
    unconfirmed: {
      title: "You may still be logged in",
      text: "This page has forgotten your session, but this browser still has its cookie.",
    },
    warning:
      "**Heirloom has not confirmed your logout.** Your session may still be active, and anyone who uses this browser may get into your account. Retry before you leave this browser.",
    retryLogout: "Retry logout",
  },
  unreachable: {
    title: "Cannot reach Heirloom",
    text: "Your session is kept. This page continues as soon as Heirloom responds.",
    retryNow: "Retry now",
    banner: "Cannot reach Heirloom. This page tries again by itself.",
  },
  notFound: {
    title: "Page not found",
    text: "Check the address for mistakes, or go to the start page.",
    toStart: "Go to the start page",
  },
  errors: {
    unreachable: "Cannot reach Heirloom. Check your connection and try again.",
    unexpected: "Something went wrong. Reload the page and try again.",
    invalidFields: "Some fields are invalid. Check the messages below.",
    isEmpty: "is required",
    /** `{wait}` stands for the duration. */
    tooManyAttempts: "Too many attempts. Try again in {wait}.",
    canRetry: "You can try again now.",
    duration: (minutes: number, seconds: number) => (minutes ? `${minutes} min ${seconds} s` : `${seconds} s`),
    /** A sentence about one field. The server's messages continue the label: "must be …". */
    ofField: (label: string, message: string) => `${label} ${message}.`,
    /** Sentences by problem code. For other codes, the sentence of the response appears. */
    byCode: {} as Record<string, string>,
  },
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

export type Texts = typeof en;
