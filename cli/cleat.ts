#!/usr/bin/env node
/** The `cleat` command. */
import { runInProcess } from './terminal.ts';
import { VERBS } from './verbs.ts';

void runInProcess(process.argv.slice(2), VERBS);
