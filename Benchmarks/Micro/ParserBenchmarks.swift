import Bench
import BenchModel
import Benchmark
import DomainXML

@testable import Probes

func parserBenchmarks() {
  Benchmark("xml.domains") { (benchmark, texts: [String]) in
    for text in texts {
      let facts = try DomainDescription(parsing: text).facts
      benchmark.demand(facts.disks.count == 2 && facts.interfaces.count == 2 && facts.memory == .mebibytes(2048))
    }
  } setup: {
    (0..<1000).map(domainXML)
  }
  Benchmark("probes.host") { (benchmark, host: HostTexts) in
    benchmark.demand(host.isUnderstood)
  } setup: {
    HostTexts()
  }
  Benchmark("probes.mounts") { (benchmark, host: HostTexts) in
    let mounts = Mount.table(host.mounts)
    for path in host.paths { benchmark.demand(Mount.holding(path, among: mounts)?.type == "nfs4") }
  } setup: {
    HostTexts()
  }
  Benchmark("bench.scenarios") { benchmark in
    benchmark.demand(try ScenarioFile.read("guestperf").isEmpty == false)
  }
}

extension HostTexts {
  /// Each text is read by its own parser.
  fileprivate var isUnderstood: Bool {
    Parse.cpu(cpu)?.flags.count == 130 && Parse.memory(memory) != nil
      && Parse.hugePages(hugePages)?.count == 4 && Parse.hugePageSizes("2048\n", mounts: mounts)?.mounted.count == 1
      && Parse.ids("0-127\n")?.count == 128 && Parse.load("7.79 4.33 2.01 8/189 28128\n") != nil
      && Parse.links(links)?.count == 201 && Parse.addresses(addresses)?.count == 20
      && Parse.ports(ports)?.count == 1000 && Parse.qemuConf(qemuConf)?.count == 4
      && Parse.daemonLimits(daemonLimits) != nil && Parse.secretValues(secrets).count == 20
      && Parse.clockSync(clockSync)?.service == "chrony" && Parse.version("qemu-img version 7.2.22\n") != nil
  }
}
