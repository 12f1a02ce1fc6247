// Plain pages: a view, an object. Only their times are kept going; all else is there without a script.

import { keepTime } from "./clock.js";

keepTime();
