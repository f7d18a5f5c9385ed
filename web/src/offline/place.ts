// Where kept bodies are shown.

import { BASE } from "../jmap/http.ts";

export const KEPT = `${BASE}m/kept/`;
