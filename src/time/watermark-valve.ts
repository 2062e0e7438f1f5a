// The watermark of a subtask with several inputs: the minimum over those that are active and aligned.
// Follows Flink's StatusWatermarkValve.
//
// W1  What comes out rises strictly; an input's regressions are ignored.
// W2  An idle input leaves the minimum. When all are idle: once the highest watermark seen, then idle.
// W3  An input that wakes up counts again only once it has caught up with what was last given out.
// W4  An ended input (one whose watermark is +Infinity) has left: it holds nobody back, and only when all
//     have ended does +Infinity come out. (Flink gives it out while others are idle; who wakes up is late.)

interface Input {
  watermarkMs: number
  active: boolean
  aligned: boolean
  ended: boolean
}

/** What a change of one input means for the output: a new watermark, a change of idleness, or nothing. */
export interface ValveOutput {
  readonly watermarkMs?: number
  readonly idle?: boolean
}

const NOTHING: ValveOutput = {}

export class WatermarkValve {
  readonly #inputs: Input[]
  #lastMs = -Infinity
  #idle = false

  constructor(inputs: number) {
    this.#inputs = Array.from({ length: inputs }, () => ({
      watermarkMs: -Infinity,
      active: true,
      aligned: true,
      ended: false,
    }))
  }

  /** What was last given out, milliseconds. */
  get watermarkMs(): number {
    return this.#lastMs
  }

  onWatermark(input: number, watermarkMs: number): ValveOutput {
    if (watermarkMs === Infinity) return this.onEnd(input)
    const state = this.#inputs[input]!
    if (state.ended || !state.active || watermarkMs <= state.watermarkMs) return NOTHING
    state.watermarkMs = watermarkMs
    if (!state.aligned && watermarkMs >= this.#lastMs) state.aligned = true
    return this.#advance()
  }

  onIdle(input: number): ValveOutput {
    const state = this.#inputs[input]!
    if (state.ended || !state.active) return NOTHING
    state.active = false
    state.aligned = false
    return this.#leave()
  }

  onActive(input: number): ValveOutput {
    const state = this.#inputs[input]!
    if (state.ended || state.active) return NOTHING
    state.active = true
    state.aligned = state.watermarkMs >= this.#lastMs
    if (!this.#idle) return NOTHING
    this.#idle = false
    return { idle: false }
  }

  /** The input has ended: nothing more comes from it. */
  onEnd(input: number): ValveOutput {
    const state = this.#inputs[input]!
    if (state.ended) return NOTHING
    state.ended = true
    return this.#leave()
  }

  /** One input less that holds back the others. */
  #leave(): ValveOutput {
    const left = this.#inputs.filter(({ ended }) => !ended)
    if (left.length === 0) {
      this.#lastMs = Infinity
      return { watermarkMs: Infinity }
    }
    if (left.some(({ active }) => active)) return this.#advance()
    const isNew = !this.#idle
    this.#idle = true
    const status = isNew ? { idle: true } : NOTHING
    const highestMs = Math.max(...this.#inputs.map(({ watermarkMs }) => watermarkMs))
    if (highestMs <= this.#lastMs) return status
    this.#lastMs = highestMs
    return { watermarkMs: highestMs, ...status }
  }

  #advance(): ValveOutput {
    let lowestMs = Infinity
    let any = false
    for (const input of this.#inputs) {
      if (input.ended || !input.active || !input.aligned) continue
      any = true
      if (input.watermarkMs < lowestMs) lowestMs = input.watermarkMs
    }
    if (!any || lowestMs <= this.#lastMs) return NOTHING
    this.#lastMs = lowestMs
    return { watermarkMs: lowestMs }
  }
}
