import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { LostResponse } from "../src/family/LostResponse.js";
import { familyAt } from "./support/family.js";

it.each([
  [2, /generation 2 was not used, and recovery credits are left \(2 of 3\)/],
  [0, /no recovery credits are left\. The server will treat the retry as theft/],
])("a late recovery is offered only while there are credits: %d", (credits, text) => {
  const family = { ...familyAt(2, 1), credits };
  render(<LostResponse generation={1} family={family} overlapRemaining={0} isBusy={false} onRetry={() => undefined} />);
  expect(screen.getByText(text)).toBeTruthy();
});
