import type { Scenario } from "../scenario.ts";
import { endings } from "./endings.ts";
import { failures } from "./failures.ts";
import { flowControl } from "./flow-control.ts";
import { intake } from "./intake.ts";
import { invokeAndWait } from "./invoke-and-wait.ts";
import { parallel } from "./parallel.ts";
import { retries } from "./retries.ts";
import { sending } from "./sending.ts";
import { steps } from "./steps.ts";
import { triggers } from "./triggers.ts";

export const scenarios: Scenario[] = [
  ...steps,
  ...parallel,
  ...failures,
  ...retries,
  ...sending,
  ...invokeAndWait,
  ...endings,
  ...triggers,
  ...flowControl,
  ...intake,
];
