/// What holds a path: "/srv" of "/srv/web1.qcow2", "/" of "/web1.qcow2".
public func directory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
  return String(path[..<slash])
}
