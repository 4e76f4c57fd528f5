import Testing

/// Everything that starts a server: one test at a time, because some count this process's threads and descriptors.
@Suite(.serialized) struct ServerTests {}
