// Functions of numbers: they run on the slot's own memory.
import { RATE } from './rates'

export function toEuro(price: f64): f64 {
  return price * RATE
}

export function isBig(price: f64, limit: i32): bool {
  return price > limit
}

export function not(flag: bool): bool {
  return !flag
}

export function mix(a: i8, b: u16, c: i64, d: f32): f64 {
  return <f64>a + <f64>b + <f64>c + <f64>d
}

export function increment(value: i64): i64 {
  return value + 1
}

export function divide(a: i32, b: i32): i32 {
  return a / b
}

export function first<T>(value: T): T {
  return value
}

export function sum(values: i32[]): i32 {
  return values.length
}
