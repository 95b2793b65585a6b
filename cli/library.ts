/**
 * luabpf as a library: compile a filter, load it, run it over packets.
 *
 * `compile(text)` gives a program and its file, or every rejection; `load(bytes)` validates it and gives a filter;
 * `filter.run(bytes, start, caplen, wirelen)` gives the verdict on one packet. `luabpf/compiler` and `luabpf/vm` are
 * the two halves by themselves: neither needs Node.
 */
export {
  type CaptureFormat,
  type CaptureProblem,
  type CaptureProblemCode,
  CaptureReader,
  CaptureWriter,
  type LinktypeName,
  linktypeName,
  linktypeNumber,
  linktypes,
  maximumCaplen,
  type Packet,
  PacketSlot,
  type PcapOptions,
  PcapWriter,
  pcapHeader,
  pcapRecord,
  type WritablePacket,
} from '../capture/index.ts';
export {
  type CompileOptions,
  type CompileResult,
  compile,
  type Diagnostic,
  type DiagnosticCode,
  type Span,
  shim,
} from '../compiler/index.ts';
export {
  type Ancillary,
  type AncillaryValue,
  type AssembleResult,
  type AssemblyProblem,
  assemble,
  assemblyText,
  classicText,
  type Dialect,
  type DialectName,
  defaultHost,
  dialects,
  disassemble,
  ethernetAncillary,
  type Fault,
  type FaultCode,
  faults,
  type Host,
  hostWith,
  type Interpreter,
  isProgramFile,
  type LoadResult,
  load,
  type Program,
  parseClassicText,
  type Refusal,
  readProgram,
  State,
  type StateKind,
  type StateObject,
  writeProgram,
} from '../vm/index.ts';
