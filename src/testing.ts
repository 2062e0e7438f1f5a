// The public names of 'millrace/testing': what a test of a job imports, beside what the job itself does.
export {
  type HarnessOptions,
  JobHarness,
  type JobSnapshot,
  type RestoreOptions,
} from './testing/job-harness.ts'
export { testInput, type TestInput, type TestInputOptions } from './testing/test-input.ts'
