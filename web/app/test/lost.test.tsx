import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { LostAnswer } from "../src/family/LostAnswer.js";
import { view } from "./support/family.js";

it.each([
  [2, /nobody has used generation 2, and credits for late answers are left, 2 of 3/],
  [0, /no credit for late answers is left\. What comes now is taken for theft/],
])("a late answer is promised only while there are credits: %d", (credits, text) => {
  const family = { ...view(2, 1), credits };
  render(<LostAnswer shown={1} family={family} left={0} isBusy={false} onRetry={() => undefined} />);
  expect(screen.getByText(text)).toBeTruthy();
});
