// What the file sink asks of the file system, so that a test can hand in one whose disk fills up,
// and errors of the system in words: what happened to which path, and what to do.
import * as fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataflowError, isDataflowError } from '../../base/errors.ts'

export interface OpenFile {
  /** May write less than it was given (a full disk does, once, before it fails). */
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileSystem {
  open(path: string, flags: 'wx' | 'r'): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  link(existing: string, path: string): Promise<void>
  unlink(path: string): Promise<void>
  rmdir(path: string): Promise<void>
  /** With all parents; gives the first folder that was not there. */
  mkdir(path: string, options: { recursive: true }): Promise<string | undefined>
  readdir(path: string): Promise<string[]>
}

export const nodeFileSystem: FileSystem = fs

/** The system's name of an error: `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** What went wrong while `path` was read. */
export function readError(path: string, error: unknown): DataflowError {
  if (isDataflowError(error)) return error as DataflowError
  const options = { cause: error, context: { location: path } }
  switch (systemCode(error)) {
    case 'ENOENT':
      return new DataflowError('FILE_NOT_FOUND', `${path} does not exist`, options)
    case 'EACCES':
    case 'EPERM': {
      const message = `${path} may not be read; give this user the right to read it`
      return new DataflowError('FILE_UNREADABLE', message, options)
    }
    default:
      return new DataflowError('FILE_UNREADABLE', `${path}: ${messageOf(error)}`, options)
  }
}

/** What went wrong while `path` was written, after `bytes` bytes. */
export function writeError(path: string, bytes: number, error: unknown): DataflowError {
  if (isDataflowError(error)) return error as DataflowError
  const options = { cause: error, context: { location: path } }
  const folder = dirname(path)
  const code = systemCode(error)
  const message = (): string => {
    switch (code) {
      case 'ENOSPC':
      case 'EDQUOT': {
        const what = code === 'ENOSPC' ? 'the disk is full' : "this user's quota is used up"
        return `${path}: ${what}, ${bytes} bytes in; free space there, or write elsewhere`
      }
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        return `${path}: the folder ${folder} may not be written; change its rights or the path`
      case 'ENOTDIR':
      case 'EEXIST':
        return `${path}: ${folder} is no folder, or lies below a file; write elsewhere`
      default:
        return `${path} cannot be written: ${messageOf(error)}`
    }
  }
  return new DataflowError('FILE_UNWRITABLE', message(), options)
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
