import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";

// What jsdom lacks of a browser.
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};
HTMLDialogElement.prototype.close = function () {
  this.open = false;
};
// As index.html says.
document.documentElement.lang = "en";
window.scrollTo = () => undefined;

beforeEach(() => history.replaceState(null, "", "/app/"));
afterEach(cleanup);
