// Reserves address space for linked code, fills it, and runs the actions that belong to it.
import ExecutorSystem
import Wire

/// All memory that controllers have asked for. Addresses that have held code are never used again for other code: a debugger may
/// still write the original bytes of old breakpoints there.
final class MemoryManager {
  /// Runs an allocation action; a text means that it failed.
  typealias ActionRunner = (WrapperCall) -> WireString?

  private struct Region {
    var range: Range<UInt64>
    var segments: [FinalizeRequest.Segment]
    var deallocations: [WrapperCall] = []
    /// False until all finalize actions have succeeded.
    var isReady = false
  }

  private struct Reservation {
    var range: Range<UInt64>
    var regions: [Region] = []
    var hasHeldCode = false
  }

  private let monitor = Monitor()
  private let pageSize = memory_page_size()
  private let run: ActionRunner
  private var reservations: [Reservation] = []

  init(runningActionsWith run: @escaping ActionRunner) { self.run = run }

  /// Reserves inaccessible memory of at least `size` bytes and returns its start.
  func reserve(size: UInt64) throws(ExecutorError) -> UInt64 {
    guard size > 0, let size = roundedUp(size) else { throw ExecutorError("cannot reserve \(size) bytes") }
    var error: Int32 = 0
    let start = memory_reserve(size, &error)
    guard start != 0 else { throw ExecutorError("cannot reserve \(size) bytes: \(systemError(error))") }
    monitor.lock()
    reservations.append(Reservation(range: start..<(start + size)))
    monitor.unlock()
    return start
  }

  /// Fills and protects the segments, then runs the finalize actions in order. If one fails, the earlier ones are undone
  /// and the memory is as inaccessible as before. Returns the key for `deinitialize`: the lowest segment's address.
  func initialize(_ request: FinalizeRequest) throws(ExecutorError) -> UInt64 {
    let region = try claim(request)
    do {
      try fill(region, from: request)
      let deallocations = try finalize(request.actions)
      updateRegion(at: region.range.lowerBound) {
        $0?.deallocations = deallocations
        $0?.isReady = true
      }
    } catch {
      _ = memory_discard(region.range.lowerBound, UInt64(region.range.count))
      updateRegion(at: region.range.lowerBound) { $0 = nil }
      throw error
    }
    return region.range.lowerBound
  }

  /// Runs the deallocation actions of regions, the last region's first, and makes their memory inaccessible. All are taken care of
  /// even if one fails; the first failure is thrown.
  func deinitialize(keys: [UInt64]) throws(ExecutorError) {
    var failure: ExecutorError?
    for key in keys.reversed() {
      var found: Region?
      updateRegion(at: key) { region in
        if region?.isReady == true { swap(&found, &region) }
      }
      guard let found else {
        failure = failure ?? ExecutorError("\(hex(key)) is not the start of initialized memory")
        continue
      }
      failure = deallocate(found) ?? failure
    }
    if let failure { throw failure }
  }

  /// Gives reservations back, after the deallocation actions of what is still initialized in them.
  func release(bases: [UInt64]) throws(ExecutorError) {
    var failure: ExecutorError?
    for base in bases.reversed() {
      monitor.lock()
      guard let index = reservations.firstIndex(where: { $0.range.lowerBound == base }) else {
        monitor.unlock()
        failure = failure ?? ExecutorError("\(hex(base)) is not the start of reserved memory")
        continue
      }
      let reservation = reservations.remove(at: index)
      monitor.unlock()
      for region in reservation.regions.reversed() { failure = deallocate(region) ?? failure }
      if !reservation.hasHeldCode { _ = memory_release(base, UInt64(reservation.range.count)) }
    }
    if let failure { throw failure }
  }

  /// Whether all of `range` lies in memory that is initialized and has, segment by segment, at least this access.
  func isReady(_ range: Range<UInt64>, for access: SegmentAccess) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    for reservation in reservations where reservation.range.contains(range.lowerBound) {
      for region in reservation.regions where region.isReady {
        for segment in region.segments {
          let end = segment.address + segment.size
          if segment.address <= range.lowerBound, range.upperBound <= end { return segment.access.isSuperset(of: access) }
        }
      }
    }
    return false
  }

  // MARK: Steps of initialize

  /// Checks the segments and enters them, so that nobody else can initialize the same memory.
  private func claim(_ request: FinalizeRequest) throws(ExecutorError) -> Region {
    guard let first = request.segments.first else { throw ExecutorError("request to initialize memory has no segments") }
    var start = first.address
    var end = first.address
    for segment in request.segments {
      guard let size = roundedUp(segment.size), segment.address % pageSize == 0,
        !segment.address.addingReportingOverflow(size).overflow
      else { throw ExecutorError("segment at \(hex(segment.address)) of \(segment.size) bytes is not made of pages") }
      guard UInt64(segment.content.count) <= segment.size else {
        throw ExecutorError(
          "segment at \(hex(segment.address)) of \(segment.size) bytes has \(segment.content.count) bytes of content")
      }
      start = min(start, segment.address)
      end = max(end, segment.address + size)
    }
    let region = Region(range: start..<end, segments: request.segments)
    monitor.lock()
    defer { monitor.unlock() }
    guard
      let index = reservations.firstIndex(where: { $0.range.lowerBound <= start && end <= $0.range.upperBound })
    else { throw ExecutorError("\(hex(region.range)) is not reserved memory") }
    for other in reservations[index].regions where other.range.overlaps(region.range) {
      throw ExecutorError("\(hex(region.range)) overlaps initialized memory at \(hex(other.range))")
    }
    reservations[index].regions.append(region)
    if request.segments.contains(where: { $0.access.contains(.execute) }) { reservations[index].hasHeldCode = true }
    return region
  }

  /// Fresh and discarded pages are zero, so only content has to be written.
  private func fill(_ region: Region, from request: FinalizeRequest) throws(ExecutorError) {
    for segment in region.segments where segment.size > 0 {
      let size = roundedUp(segment.size) ?? segment.size
      if !segment.content.isEmpty {
        try protect(segment, size: size, [.read, .write])
        request.storage.withUnsafeBytes { bytes in
          UnsafeMutableRawPointer(bitPattern: UInt(segment.address))?.copyMemory(
            from: bytes.baseAddress! + segment.content.lowerBound, byteCount: segment.content.count)
        }
      }
      try protect(segment, size: size, segment.access)
      if segment.access.contains(.execute) { memory_flush_instructions(segment.address, segment.size) }
    }
  }

  private func protect(
    _ segment: FinalizeRequest.Segment, size: UInt64, _ access: SegmentAccess
  ) throws(ExecutorError) {
    let error = memory_protect(
      segment.address, size, access.contains(.read), access.contains(.write), access.contains(.execute))
    guard error == 0 else {
      throw ExecutorError("cannot protect segment at \(hex(segment.address)): \(systemError(error))")
    }
  }

  /// Returns the deallocation actions to remember.
  private func finalize(_ actions: [AllocationAction]) throws(ExecutorError) -> [WrapperCall] {
    var deallocations: [WrapperCall] = []
    for action in actions {
      if action.finalize.function != 0, let failure = run(action.finalize) {
        for undo in deallocations.reversed() { _ = run(undo) }
        throw ExecutorError(failure)
      }
      if action.deallocate.function != 0 { deallocations.append(action.deallocate) }
    }
    return deallocations
  }

  private func deallocate(_ region: Region) -> ExecutorError? {
    var failure: ExecutorError?
    for action in region.deallocations.reversed() {
      if let message = run(action) { failure = failure ?? ExecutorError(message) }
    }
    let error = memory_discard(region.range.lowerBound, UInt64(region.range.count))
    if error != 0 { failure = failure ?? ExecutorError("cannot discard \(hex(region.range)): \(systemError(error))") }
    return failure
  }

  /// Changes, or with nil removes, the region that starts at `address`; `change` sees nil if there is none.
  private func updateRegion(at address: UInt64, _ change: (inout Region?) -> Void) {
    monitor.lock()
    defer { monitor.unlock() }
    for i in reservations.indices {
      guard let j = reservations[i].regions.firstIndex(where: { $0.range.lowerBound == address }) else { continue }
      var region: Region? = reservations[i].regions[j]
      change(&region)
      if let region { reservations[i].regions[j] = region } else { reservations[i].regions.remove(at: j) }
      return
    }
  }

  private func roundedUp(_ size: UInt64) -> UInt64? {
    let (sum, overflow) = size.addingReportingOverflow(pageSize - 1)
    return overflow ? nil : sum / pageSize * pageSize
  }
}
