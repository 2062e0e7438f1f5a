// Scalar twin of the session table: each key's sessions in an array in order of time, and all of them in a
// set that a watermark looks through. Times are numbers here, in milliseconds.

export interface Session {
  id: number
  start: number
  /** Its last row's time; the session ends a gap later. */
  last: number
  hasFired: boolean
  /** What the caller accumulates. */
  sum: number
}

export interface SessionsOptions {
  readonly gap: number
  readonly lateness: number
}

export class Sessions {
  readonly #gap: number
  readonly #lateness: number
  #byKey = new Map<number, Session[]>()
  readonly #open = new Set<Session>()
  readonly #again = new Set<Session>()
  #watermark = -Infinity

  constructor({ gap, lateness }: SessionsOptions) {
    this.#gap = gap
    this.#lateness = lateness
  }

  get size(): number {
    return this.#open.size
  }

  /** When its window ends. */
  endOf(session: Session): number {
    return session.last + this.#gap
  }

  /**
   * The session of each row, undefined for late rows, as it was when the row came: what has become one
   * session since is told to `merged`, in order.
   */
  assign(
    times: Float64Array,
    ids: Uint32Array,
    rows: (Session | undefined)[],
    merged: (from: Session, to: Session) => void,
  ): void {
    for (let i = 0; i < times.length; i++) rows[i] = this.#take(ids[i]!, times[i]!, merged)
  }

  /** The same from a row on, up to and with the first that makes two sessions one: gives the row behind it. */
  assignUpToMerge(
    times: Float64Array,
    ids: Uint32Array,
    from: number,
    row: (i: number, session: Session | undefined) => void,
    merged: (from: Session, to: Session) => void,
  ): number {
    const merges: Session[] = []
    let i = from
    while (i < times.length && merges.length === 0) {
      const session = this.#take(ids[i]!, times[i]!, (source, target) => {
        merges.push(source)
        merged(source, target)
      })
      row(i++, session)
    }
    return i
  }

  #take(
    id: number,
    time: number,
    merged: (from: Session, to: Session) => void,
  ): Session | undefined {
    const session = this.#sessionOf(id, time, merged)
    if (session === undefined) return undefined
    session.hasFired = this.#isOver(session)
    if (session.hasFired) this.#again.add(session)
    return session
  }

  #sessionOf(
    id: number,
    time: number,
    merged: (from: Session, to: Session) => void,
  ): Session | undefined {
    const gap = this.#gap
    let list = this.#byKey.get(id)
    let at = (list?.length ?? 0) - 1
    while (at >= 0 && list![at]!.start > time + gap) at--
    const session = list?.[at]
    if (session === undefined || session.last + gap < time) {
      if (time + gap - 1 + this.#lateness <= this.#watermark) return undefined
      const fresh = { id, start: time, last: time, hasFired: false, sum: 0 }
      if (list === undefined) {
        list = []
        this.#byKey.set(id, list)
      }
      list.splice(at + 1, 0, fresh)
      this.#open.add(fresh)
      return fresh
    }
    if (time < session.start) session.start = time
    if (time > session.last) session.last = time
    const earlier = list![at - 1]
    if (earlier === undefined || earlier.last + gap < time) return session
    earlier.last = session.last
    list!.splice(at, 1)
    this.#open.delete(session)
    this.#again.delete(session)
    merged(session, earlier)
    return earlier
  }

  #isOver(session: Session): boolean {
    return this.endOf(session) - 1 <= this.#watermark
  }

  /** Sessions that had fired, and have got more rows since the last call. */
  again(): Session[] {
    const all = [...this.#again].filter((session) => this.#isOver(session))
    this.#again.clear()
    return all
  }

  /** Moves the watermark on: the sessions that fire at it. What lives no more is forgotten. */
  due(watermark: number): Session[] {
    this.#watermark = watermark
    const fire: Session[] = []
    for (const session of this.#open) {
      if (!this.#isOver(session)) continue
      if (!session.hasFired) fire.push(session)
      session.hasFired = true
      if (this.endOf(session) - 1 + this.#lateness <= watermark) this.#forget(session)
    }
    return fire
  }

  #forget(session: Session): void {
    this.#open.delete(session)
    const list = this.#byKey.get(session.id)!
    list.splice(list.indexOf(session), 1)
    if (list.length === 0) this.#byKey.delete(session.id)
  }

  /** When something is to be done next: a session fires, or is forgotten. */
  nextDue(): number {
    let earliest = Infinity
    for (const session of this.#open) {
      const over = this.endOf(session) - 1
      earliest = Math.min(earliest, session.hasFired ? over + this.#lateness : over)
    }
    return earliest
  }

  /** Open sessions by key id and time. */
  open(): Session[] {
    return [...this.#byKey].toSorted(([a], [b]) => a - b).flatMap(([, list]) => list)
  }

  /** Renames the key ids. */
  remap(map: ReadonlyMap<number, number>): void {
    this.#byKey = new Map([...this.#byKey].map(([id, list]) => [map.get(id)!, list]))
    for (const session of this.#open) session.id = map.get(session.id)!
  }
}
