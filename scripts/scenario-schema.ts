/** Writes the JSON Schema of scenarios from their shapes. Run it after a change of `src/scenario/form.ts`: `node scripts/scenario-schema.ts`. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scenarioSchema } from "../src/scenario/scenario-schema.ts";

const file = join(import.meta.dirname, "../schema/scenario-1.schema.json");
writeFileSync(file, `${JSON.stringify(scenarioSchema(), null, 2)}\n`);
