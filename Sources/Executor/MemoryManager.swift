// Reserves address space for linked code, fills it, and runs the actions that belong to it.
import ExecutorSystem
import Wire

/// All memory that controllers have asked for. Addresses that have held code are never used again for other code: a
/// debugger may still write the original bytes of old breakpoints there.
final class MemoryManager {
  /// Runs an allocation action; a text means that it failed.
  typealias ActionRunner = (WrapperCall) -> WireString?

  // Lists are linked, which takes less code than arrays of all these types.

  private final class Segment {
    let range: Range<UInt64>
    let access: SegmentAccess
    let previous: Segment?

    init(_ segment: FinalizeRequest.Segment, previous: Segment?) {
      range = segment.address..<(segment.address + segment.size)
      access = segment.access
      self.previous = previous
    }
  }

  private final class Deallocation {
    let call: WrapperCall
    let previous: Deallocation?

    init(_ call: WrapperCall, previous: Deallocation?) {
      self.call = call
      self.previous = previous
    }
  }

  /// Memory that was initialized by one request.
  private final class Region {
    var range: Range<UInt64>
    var lastSegment: Segment?
    var lastDeallocation: Deallocation?
    /// False until all finalize actions have succeeded.
    var isReady = false
    /// The one initialized before this in the same reservation.
    var previous: Region?

    init(range: Range<UInt64>) { self.range = range }
  }

  private final class Reservation {
    let range: Range<UInt64>
    var lastRegion: Region?
    var hasHeldCode = false
    /// The one made before this.
    var previous: Reservation?

    init(range: Range<UInt64>, previous: Reservation?) {
      self.range = range
      self.previous = previous
    }

    func contains(_ other: Range<UInt64>) -> Bool {
      range.lowerBound <= other.lowerBound && other.upperBound <= range.upperBound
    }

    /// Takes out the region that starts at `address` and is as ready as said.
    func removeRegion(at address: UInt64, isReady: Bool) -> Region? {
      var later: Region?
      var next = lastRegion
      while let region = next {
        next = region.previous
        if region.range.lowerBound == address && region.isReady == isReady {
          if let later { later.previous = next } else { lastRegion = next }
          return region
        }
        later = region
      }
      return nil
    }
  }

  private let monitor = Monitor()
  private let pageSize = memory_page_size()
  private let run: ActionRunner
  private var lastReservation: Reservation?

  init(runningActionsWith run: @escaping ActionRunner) { self.run = run }

  /// Reserves inaccessible memory of at least `size` bytes and returns its start.
  func reserve(size: UInt64) throws(ExecutorError) -> UInt64 {
    let rounded = roundedUp(size)
    var error: Int32 = 0
    let start = rounded == 0 ? 0 : memory_reserve(rounded, &error)
    guard start != 0 else { throw ExecutorError("cannot reserve \(size) bytes: \(systemError(error))") }
    monitor.lock()
    lastReservation = Reservation(range: start..<(start + rounded), previous: lastReservation)
    monitor.unlock()
    return start
  }

  /// Carries out a FinalizeRequest, which `request` has been found to hold: fills and protects the segments, then runs the finalize actions in order. If one fails, the earlier ones are
  /// undone and the memory is as inaccessible as before. Returns the key for `deinitialize`: the lowest segment's
  /// address.
  func initialize(_ request: SPSReader) throws(ExecutorError) -> UInt64 {
    var request = request
    let region = try checked(request)
    let reservation = try enter(region)
    do throws(ExecutorError) {
      for _ in 0..<request.nextSegmentCount() { try fill(FinalizeRequest.Segment(next: &request), request.bytes) }
      try finalize(region, &request)
    } catch {
      _ = memory_discard(region.range.lowerBound, UInt64(region.range.count))
      monitor.lock()
      _ = reservation.removeRegion(at: region.range.lowerBound, isReady: false)
      monitor.unlock()
      throw error
    }
    monitor.lock()
    region.isReady = true
    monitor.unlock()
    return region.range.lowerBound
  }

  /// Runs the deallocation actions of a region, the last first, and makes its memory inaccessible.
  func deinitialize(key: UInt64) throws(ExecutorError) {
    monitor.lock()
    // (Not an empty range, which also fits what ends where this begins.)
    let region = key == .max ? nil : reservation(around: key..<(key + 1))?.removeRegion(at: key, isReady: true)
    monitor.unlock()
    guard let region else { throw ExecutorError(key, "is not the start of initialized memory") }
    try deallocate(region)
  }

  /// Gives a reservation back, after the deallocation actions of what is still initialized in it.
  func release(base: UInt64) throws(ExecutorError) {
    guard let reservation = removeReservation(at: base) else {
      throw ExecutorError(base, "is not the start of reserved memory")
    }
    var failure: ExecutorError?
    while let region = reservation.lastRegion {
      reservation.lastRegion = region.previous
      do throws(ExecutorError) { try deallocate(region) } catch { failure = error }
    }
    if !reservation.hasHeldCode { _ = memory_release(base, UInt64(reservation.range.count)) }
    if let failure { throw failure }
  }

  /// Whether all of `range` lies in one initialized segment that has at least this access.
  func isReady(_ range: Range<UInt64>, for access: SegmentAccess) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    var next = reservation(around: range)?.lastRegion
    while let region = next {
      next = region.previous
      if !region.isReady { continue }
      var nextSegment = region.lastSegment
      while let segment = nextSegment {
        nextSegment = segment.previous
        if segment.range.lowerBound <= range.lowerBound && range.upperBound <= segment.range.upperBound {
          return segment.access.isSuperset(of: access)
        }
      }
    }
    return false
  }

  // MARK: Reservations; call with the lock held

  private func reservation(around range: Range<UInt64>) -> Reservation? {
    var next = lastReservation
    while let reservation = next, !reservation.contains(range) { next = reservation.previous }
    return next
  }

  // MARK: Steps

  private func removeReservation(at base: UInt64) -> Reservation? {
    monitor.lock()
    defer { monitor.unlock() }
    var later: Reservation?
    var next = lastReservation
    while let reservation = next {
      next = reservation.previous
      if reservation.range.lowerBound == base {
        if let later { later.previous = next } else { lastReservation = next }
        return reservation
      }
      later = reservation
    }
    return nil
  }

  /// Whole pages, and no more content than room.
  private func checked(_ request: SPSReader) throws(ExecutorError) -> Region {
    var request = request
    let region = Region(range: 0..<0)
    for _ in 0..<request.nextSegmentCount() {
      let segment = FinalizeRequest.Segment(next: &request)
      let size = roundedUp(segment.size)
      let (segmentEnd, overflow) = segment.address.addingReportingOverflow(size)
      guard segment.address % pageSize == 0, !overflow, segment.size <= size,
        UInt64(segment.content.count) <= segment.size
      else {
        throw ExecutorError(segment.address, "is no place for a segment, or too small for it")
      }
      region.lastSegment = Segment(segment, previous: region.lastSegment)
      let start = region.range.isEmpty ? segment.address : min(region.range.lowerBound, segment.address)
      region.range = start..<max(region.range.upperBound, segmentEnd)
    }
    if region.range.isEmpty { throw ExecutorError("request to initialize memory has no segments") }
    return region
  }

  /// From now on nobody else can initialize the same memory.
  private func enter(_ region: Region) throws(ExecutorError) -> Reservation {
    monitor.lock()
    defer { monitor.unlock() }
    guard let reservation = reservation(around: region.range) else {
      throw ExecutorError(region.range, "is not reserved memory")
    }
    var next = reservation.lastRegion
    while let other = next {
      if other.range.overlaps(region.range) {
        throw ExecutorError(region.range, "overlaps initialized memory")
      }
      next = other.previous
    }
    region.previous = reservation.lastRegion
    reservation.lastRegion = region
    var nextSegment = region.lastSegment
    while let segment = nextSegment {
      if segment.access.contains(.execute) { reservation.hasHeldCode = true }
      nextSegment = segment.previous
    }
    return reservation
  }

  /// Fresh and discarded pages are zero, so only content has to be written.
  private func fill(_ segment: FinalizeRequest.Segment, _ bytes: [UInt8]) throws(ExecutorError) {
    try protect(segment, [.read, .write])
    if segment.access.contains(.compressed) {
      guard SPSReader(bytes, in: segment.content).decompress(to: segment.address, size: segment.size) else {
        throw ExecutorError(segment.address, "is damaged")
      }
    } else {
      memory_write(segment.address, bytes, UInt64(segment.content.lowerBound), UInt64(segment.content.count))
    }
    try protect(segment, segment.access)
    if segment.access.contains(.execute) { memory_flush_instructions(segment.address, segment.size) }
  }

  private func protect(_ segment: FinalizeRequest.Segment, _ access: SegmentAccess) throws(ExecutorError) {
    let error = memory_protect(
      segment.address, roundedUp(segment.size), access.contains(.read), access.contains(.write),
      access.contains(.execute))
    try check(error, "cannot protect segment at", at: segment.address)
  }

  /// Actions and what undoes them alternate.
  private func finalize(_ region: Region, _ request: inout SPSReader) throws(ExecutorError) {
    for i in 0..<request.nextCallCount() {
      let call = WrapperCall(next: &request)
      if call.function == 0 { continue }
      if i % 2 != 0 {
        region.lastDeallocation = Deallocation(call, previous: region.lastDeallocation)
      } else if let failure = run(call) {
        _ = undo(region)
        throw ExecutorError(failure)
      }
    }
  }

  private func deallocate(_ region: Region) throws(ExecutorError) {
    let failure = undo(region)
    try check(
      memory_discard(region.range.lowerBound, UInt64(region.range.count)), "cannot discard memory at",
      at: region.range.lowerBound)
    if let failure { throw ExecutorError(failure) }
  }

  /// Runs all deallocation actions, even if one fails.
  private func undo(_ region: Region) -> WireString? {
    var failure: WireString?
    while let action = region.lastDeallocation {
      region.lastDeallocation = action.previous
      failure = run(action.call) ?? failure
    }
    return failure
  }

  /// To whole pages; 0 if there is no such number.
  private func roundedUp(_ size: UInt64) -> UInt64 { (size &+ pageSize &- 1) & ~(pageSize - 1) }
}
