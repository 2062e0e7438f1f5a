// The watermark of a subtask with several inputs: the minimum over those that are active and aligned.
// Follows Flink's StatusWatermarkValve.
//
// W1  What comes out rises strictly; an input's regressions are ignored.
// W2  An idle input leaves the minimum. When all are idle: once the highest watermark seen, then idle.
// W3  An input that wakes up counts again only once it has caught up with what was last given out.
// W4  An ended input counts as +Infinity: it holds nobody back.

interface Input {
  watermarkMs: number
  active: boolean
  aligned: boolean
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
    }))
  }

  /** What was last given out, milliseconds. */
  get watermarkMs(): number {
    return this.#lastMs
  }

  onWatermark(input: number, watermarkMs: number): ValveOutput {
    const state = this.#inputs[input]!
    if (!state.active || watermarkMs <= state.watermarkMs) return NOTHING
    state.watermarkMs = watermarkMs
    if (!state.aligned && watermarkMs >= this.#lastMs) state.aligned = true
    return this.#advance()
  }

  onIdle(input: number): ValveOutput {
    const state = this.#inputs[input]!
    if (!state.active) return NOTHING
    state.active = false
    state.aligned = false
    if (this.#inputs.some((other) => other.active)) return this.#advance()
    this.#idle = true
    const highestMs = Math.max(...this.#inputs.map((other) => other.watermarkMs))
    if (highestMs <= this.#lastMs) return { idle: true }
    this.#lastMs = highestMs
    return { watermarkMs: highestMs, idle: true }
  }

  onActive(input: number): ValveOutput {
    const state = this.#inputs[input]!
    if (state.active) return NOTHING
    state.active = true
    state.aligned = state.watermarkMs >= this.#lastMs
    if (!this.#idle) return NOTHING
    this.#idle = false
    return { idle: false }
  }

  /** The input has ended: as if its watermark were +Infinity. */
  onEnd(input: number): ValveOutput {
    const woken = this.onActive(input)
    const advanced = this.onWatermark(input, Infinity)
    return { ...woken, ...advanced }
  }

  #advance(): ValveOutput {
    let lowestMs = Infinity
    let any = false
    for (const input of this.#inputs) {
      if (!input.active || !input.aligned) continue
      any = true
      if (input.watermarkMs < lowestMs) lowestMs = input.watermarkMs
    }
    if (!any || lowestMs <= this.#lastMs) return NOTHING
    this.#lastMs = lowestMs
    return { watermarkMs: lowestMs }
  }
}
