@testable import Probes

/// What real hosts print for each section; shortened, but in their words.
enum Captures {
  static let cpu = """
    processor\t: 0
    vendor_id\t: AuthenticAMD
    cpu family\t: 25
    model\t\t: 17
    model name\t: AMD EPYC
    stepping\t: 1
    microcode\t: 0x1000065
    cpu MHz\t\t: 2596.140
    flags\t\t: fpu vme de pse tsc msr pae constant_tsc nonstop_tsc svm avx512f
    bugs\t\t: sysret_ss_attrs null_seg spectre_v1
    address sizes\t: 48 bits physical, 48 bits virtual
    power management:


    """
  static let armCPU = """
    processor\t: 0
    BogoMIPS\t: 243.75
    Features\t: fp asimd evtstrm aes
    CPU implementer\t: 0x41
    CPU architecture: 8
    CPU part\t: 0xd0c

    """
  static let memory = "MemTotal:       24684096 kB\nMemAvailable:   23939340 kB\n"
  static let hugePages = "1 2048 512 500\n0 1048576 4 0\n0 2048 0 0\n"
  static let ids = "0-3,8,10-11\n"
  static let load = "7.79 4.33 2.01 8/189 28128\n"
  static let links = """
    link 0x1003 1500 0 1500 0 / br0
    link 0x1003 9000 1 1500 0 / br1
    link 0x1003 1500 - - 0 br0 eth0
    link 0x1002 9000 - - 0 br1 eth1.100
    link 0x9 65536 - - 0 / lo
    link 0x1003 1500 - - 1 br0 vnet0
    vlan 100 eth1.100

    """
  static let addresses = """
    1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
    1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
    4: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever preferred_lft forever
    4: eth0    inet6 fd00::2/64 scope global nodad \\       valid_lft forever preferred_lft forever
    4: eth0    inet6 fe80::fc:ff:fe00:1/64 scope link \\       valid_lft forever preferred_lft forever
    5: host    inet 198.51.100.1 peer 198.51.100.2/32 scope global host\\       valid_lft forever preferred_lft forever

    """
  static let ports = "0016\n07E8\nC000\n0016\n"
  static let qemuConf = """
    user="root"
    migration_host='kvm1.example'
    security_driver=[ "selinux",    "apparmor"  ]
    hugetlbfs_mount=[]
    migration_port_min=49152
    user="other"

    """
  static let secrets = """
    2f1b1c0e-6a5e-4d55-9e57-0f3f2a6d1a01.base64
    2f1b1c0e-6a5e-4d55-9e57-0f3f2a6d1a01.xml
    3F1B1C0E-6A5E-4D55-9E57-0F3F2A6D1A02.xml

    """
  static let daemonLimits = """
    Max locked memory         8388608              unlimited            bytes
    CapEff:	000001fffeffffff

    """
  static let sshd = "0 of 10-100\n"
  static let swtpm = "TPM emulator version 0.7.1, Copyright (c) 2014-2021 IBM Corp.\n"
  static let chrony = """
    chrony
    C0000201,ntp.example,3,1700000000.123456789,-0.000012345,0.000001000,0.000020000,-12.345,0.001,0.050,0.020000000,\
    0.001500000,64.4,Normal

    """
  static let ntpd = """
    ntpd
    associd=0 status=0615 leap_none, sync_ntp, 1 event, clock_sync,
    version="ntpd 4.2.8p15@1.3728-o Wed Sep 23 11:46:38 UTC 2020 (1)",
    processor="x86_64", system="Linux/5.10.0", leap=00, stratum=3,
    precision=-24, rootdelay=15.772, rootdisp=24.339, refid=192.0.2.1,
    reftime=e5a1b2c3.d4e5f607  Tue, Feb  7 2023 10:11:12.831,
    clock=e5a1b2ff.11223344  Tue, Feb  7 2023 10:12:13.066, peer=4711, tc=10,
    mintc=3, offset=-0.123456, frequency=-7.891, sys_jitter=0.045,
    clk_jitter=0.012, clk_wander=0.003

    """
  static let timesyncd = """
    kernel
    NTP=yes
    NTPSynchronized=yes
           Server: 192.0.2.9 (time.example)
    Poll interval: 34min 8s (min: 32s; max 34min 8s)
             Leap: normal
          Version: 4
          Stratum: 2
        Reference: C0000201
        Precision: 1us (-25)
    Root distance: 15.777ms (max: 5s)
           Offset: -1.073ms
            Delay: 33.800ms
           Jitter: 2.500ms
     Packet count: 28
        Frequency: -16.541ppm

    """
  static let tls = """
    server-cert.pem: OK
    certificate ca
    key 1
    No extensions in certificate
    sha256 Fingerprint=\(authorityFingerprint)
    notAfter=Dec 21 14:00:02 2026 GMT
    subject=
        commonName                = lab CA
    Certificate will not expire
    certificate server
    key 1
    sha256 Fingerprint=\(serverFingerprint)
    notAfter=Feb 29 23:59:59 2028 GMT
    subject=
        countryName               = PL
        organizationName          = odd, "org"
        commonName                = kvm1.example
    X509v3 Subject Alternative Name:
        DNS:kvm1.example, DNS:kvm1, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1
    Certificate will not expire
    certificate client
    key 0
    SHA256 Fingerprint=\(serverFingerprint)
    notAfter=Jan  1 00:00:00 1970 GMT
    subject=
        commonName                = kvm1.example
    Certificate will expire

    """
  static let authorityFingerprint =
    "2B:58:D2:EE:93:52:65:57:5C:C6:A9:46:BF:91:78:43:40:F4:B2:76:54:92:C2:FA:D9:D0:D5:81:D7:F7:11:C6"
  static let serverFingerprint =
    "66:11:88:79:F2:79:3B:78:5C:0F:54:58:26:C3:BA:B4:BF:C5:74:E1:FA:DE:D8:82:57:95:81:A8:F9:DD:A9:47"
  static let file = "regular file|1024|99"
  static let files =
    "missing\0/srv/gone\0hidden\0/srv/x\0stat: cannot\0sectors\0/dev/vda\08192\0"
    + "file\0/srv/a\0regular file|1024|99\0file\0/dev/vda\0block special file|0|5\0resolved\0/srv/a\0/dev/vda\0"
  static let mounts = """
    22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
    40 22 0:35 / /srv/my\\040disks rw,relatime - nfs4 filer:/export rw,vers=4.2
    41 22 0:36 / /empty rw - tmpfs  rw

    """
  static let date = "1700000000.000000005\n"
}
