import MigrationModel

/// Options that tune a method which is not asked for (`qemuMigrationParamsFromFlags` and `…SetCompression`).
let tuning: [Combination] = [
  needs("--auto-converge-initial", "--auto-converge") { $0.autoConvergeInitial != nil && !$0.autoConverge },
  needs("--auto-converge-increment", "--auto-converge") { $0.autoConvergeIncrement != nil && !$0.autoConverge },
  needs("--comp-mt-level", "--comp-methods mt") { $0.compressionLevel != nil && !$0.compression.contains("mt") },
  needs("--comp-mt-threads", "--comp-methods mt") { $0.compressionThreads != nil && !$0.compression.contains("mt") },
  needs("--comp-mt-dthreads", "--comp-methods mt") { $0.decompressionThreads != nil && !$0.compression.contains("mt") },
  needs("--comp-xbzrle-cache", "--comp-methods xbzrle") {
    $0.compressionCache != nil && !$0.compression.contains("xbzrle")
  },
]

private func needs(
  _ option: String, _ method: String, isGiven: @escaping @Sendable (MigrationRequest) -> Bool
) -> Combination {
  Combination(
    "\(option) without \(method)", .parameters, "it tunes what is not asked for",
    "Add \(method), or leave \(option) out."
  ) { request, _ in isGiven(request) }
}

/// Limits of a transfer during which the guest runs.
let limits: [Combination] = [
  Combination(
    "--on-stall postcopy without --postcopy", .driver, "a move is switched to post-copy only if it began that way",
    "Add --postcopy, or use --on-stall abort or suspend."
  ) { request, _ in request.onStall == .postcopy && !request.postcopy },
  Combination(
    "--on-stall suspend without --live", .tool, "the guest stands still from the start", "Use --on-stall abort."
  ) { request, isOffline in request.onStall == .suspend && (request.live == false || isOffline) },
  Combination(
    "--deadline without --live", .virsh, "virsh too knows time limits of a live move only", "Leave --deadline out."
  ) { request, isOffline in request.deadline != nil && (request.live == false || isOffline) },
  Combination(
    "--max-downtime without --live", .tool, "the guest stands still for the whole transfer, however long that takes",
    "Move it live, or leave --max-downtime out."
  ) { request, isOffline in request.maxDowntime != nil && (request.live == false || isOffline) },
]
