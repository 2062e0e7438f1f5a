// Streams whose methods take anything, as plain JavaScript has them, and what a refused call is to say.
import { expect } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import * as millrace from '../../src/index.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

/** Anything may be called with anything. */
export type Loose = { readonly [name: string]: (...given: readonly unknown[]) => Loose }

export const api = millrace as unknown as Loose
const { int32, timestamp, tumble, utf8 } = millrace

export const SCHEMA = { at: timestamp('ms'), a: utf8(), b: utf8(), n: int32() }
export const { env } = testEnvironment()
export const timed = env.fromSource(testSource(SCHEMA)).assignWatermarks('at')
export const stream = timed as unknown as Loose
export const keyed = timed.keyBy('a') as unknown as Loose
export const windows = timed.keyBy('a').window(tumble('1s')) as unknown as Loose
export const columns = (l: { a: unknown }) => ({ a: l.a })
export const on = { a: 'a' }

export type Case = readonly [name: string, code: ErrorCode, call: () => unknown, message: string]

export const check = (_: string, code: ErrorCode, call: () => unknown, message: string): void => {
  const error = refusal(call)
  expect(error.message).toContain(message)
  expect(error.code).toBe(code)
}
