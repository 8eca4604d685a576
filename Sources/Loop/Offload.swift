internal import Base
internal import CUV

/// The only door to another thread: `work` runs on libuv's pool (`uv_queue_work`) and takes only values that may cross,
/// which the compiler checks; `then` runs back on the loop with the result.
///
/// Jobs have a limit (`Limits.jobsInFlight`), and the caller knows of it: work for which a peer is the cause is begun
/// only while `hasRoomForJobs`. When the loop goes, it waits for the jobs in flight and drops their results.
extension EventLoop {
    package var jobsInFlight: Int { core.jobsInFlight }
    package var hasRoomForJobs: Bool { core.jobsInFlight < Limits.jobsInFlight }

    package func offload<R: Sendable>(_ work: @escaping @Sendable () -> R, then: @escaping (R) -> Void) {
        precondition(hasRoomForJobs, "more jobs than Limits.jobsInFlight: the caller did not ask hasRoomForJobs")
        let job = TypedJob(core, work: work, then: then)
        core.jobsInFlight += 1
        unsafe job.request.pointee.data = Unmanaged<Job>.passRetained(job).toOpaque()
        let code = unsafe uv_queue_work(core.pointer, job.request) { request in
            unsafe Job.of(request).perform()
        } _: { request, _ in
            let job = unsafe Job.of(request)
            job.core.jobsInFlight -= 1
            if !job.core.isEnding { job.conclude() }
            unsafe Unmanaged.passUnretained(job).release()
        }
        precondition(code == 0, "uv_queue_work fails only without a function to run")
    }
}

/// A job with its kind of result forgotten, so that one pair of C callbacks serves all.
@safe private class Job {
    let core: LoopCore
    let request: UnsafeMutablePointer<uv_work_t>

    init(_ core: LoopCore) {
        self.core = core
        unsafe request = .allocate(capacity: 1)
    }

    deinit { unsafe request.deallocate() }

    /// On the pool. Touches nothing but the work and the place for its result.
    func perform() {}
    /// On the loop.
    func conclude() {}

    static func of(_ request: UnsafeMutablePointer<uv_work_t>?) -> Job {
        guard let data = unsafe request?.pointee.data else { preconditionFailure("a job came back without its box") }
        return unsafe Unmanaged<Job>.fromOpaque(data).takeUnretainedValue()
    }
}

private final class TypedJob<R: Sendable>: Job {
    private let work: @Sendable () -> R
    private let then: (R) -> Void
    private var result: R?

    init(_ core: LoopCore, work: @escaping @Sendable () -> R, then: @escaping (R) -> Void) {
        self.work = work
        self.then = then
        super.init(core)
    }

    override func perform() { result = work() }

    override func conclude() {
        guard let result else { preconditionFailure("libuv reports a job as done after it was performed") }
        then(result)
    }
}
