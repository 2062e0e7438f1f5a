// Functions of texts, and one that remembers: they run in a memory of their own.
const seen = new Map<string, i32>()

export function domain(email: string): string {
  const at = email.indexOf('@')
  return at < 0 ? '' : email.substring(at + 1).toLowerCase()
}

export function count(text: string): i32 {
  return text.length
}

export function repeat(text: string, times: i32): string {
  return text.repeat(times)
}

export function occurrence(key: string): i32 {
  const times = seen.has(key) ? seen.get(key) + 1 : 1
  seen.set(key, times)
  return times
}

export function checked(price: f64): f64 {
  assert(price >= 0, 'a price below zero')
  return price
}

export function isLong(text: string, limit: i32): bool {
  return text.length > limit
}
