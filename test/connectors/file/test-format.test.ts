// The test-only format passes the suite: the suite itself is sound.
import { fileFormatConformance } from '../../conformance/file-format.ts'
import { testFormat } from './test-format.ts'

fileFormatConformance({ format: testFormat, splitsAnywhere: true })
