// Shell: a node MessagePort as the runtime's Port.
import type { MessagePort } from 'node:worker_threads'
import type { Port } from '../runtime/slot-protocol.ts'

/** Wraps a port; a port within a message arrives wrapped as well. */
export function portOf(port: MessagePort): Port {
  return {
    postMessage(message, transfer = []) {
      port.postMessage(message, transfer as ArrayBuffer[])
    },
    onMessage(listener) {
      port.on('message', (message: { readonly port?: MessagePort }) => {
        const { port: inner } = message
        listener((inner === undefined ? message : { ...message, port: portOf(inner) }) as never)
      })
    },
    close() {
      port.close()
    },
  }
}
