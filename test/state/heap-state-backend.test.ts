// The state backend in memory.
import { heapStateBackend } from '../../src/state/heap-state-backend.ts'
import { stateBackendConformance } from '../conformance/state-backend.ts'

stateBackendConformance('in memory', heapStateBackend)
