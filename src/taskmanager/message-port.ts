// Shell: a node MessagePort as the runtime's Port.
import type { MessagePort } from 'node:worker_threads'
import type { Port } from '../runtime/slot-protocol.ts'

/** Wraps a port; a port within a message arrives wrapped as well. */
export function portOf(port: MessagePort): Port {
  let listener: ((message: never) => void) | undefined
  const onMessage = (message: { readonly port?: MessagePort }): void => {
    const { port: inner } = message
    listener?.((inner === undefined ? message : { ...message, port: portOf(inner) }) as never)
  }
  return {
    postMessage(message, transfer = []) {
      port.postMessage(message, transfer as ArrayBuffer[])
    },
    onMessage(next) {
      // Listening lets messages in: not before there is somebody.
      if (listener === undefined) port.on('message', onMessage)
      listener = next
    },
    close() {
      port.close()
    },
  }
}
