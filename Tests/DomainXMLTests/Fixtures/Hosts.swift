/// What libvirt 9.0.0 with QEMU 7.2 prints of a host, shortened to a few features, machines and guests.
let qemuHost = """
  <capabilities>

    <host>
      <uuid>0cb8b79c-cbcc-41a4-a90e-9a34cb388e50</uuid>
      <cpu>
        <arch>x86_64</arch>
        <model>kvm64</model>
        <vendor>AMD</vendor>
        <microcode version='16777317'/>
        <counter name='tsc' frequency='2794748000' scaling='yes'/>
        <topology sockets='1' dies='1' cores='2' threads='1'/>
        <feature name='vme'/>
        <feature name='avx2'/>
      </cpu>
      <migration_features>
        <live/>
        <uri_transports>
          <uri_transport>tcp</uri_transport>
          <uri_transport>rdma</uri_transport>
        </uri_transports>
      </migration_features>
      <secmodel>
        <model>apparmor</model>
        <doi>0</doi>
      </secmodel>
      <secmodel>
        <model>dac</model>
        <doi>0</doi>
        <baselabel type='kvm'>+64055:+64055</baselabel>
        <baselabel type='qemu'>+64055:+64055</baselabel>
      </secmodel>
    </host>

    <guest>
      <os_type>hvm</os_type>
      <arch name='i686'>
        <wordsize>32</wordsize>
        <emulator>/usr/bin/qemu-system-i386</emulator>
        <machine maxCpus='255'>pc-i440fx-7.2</machine>
        <machine canonical='pc-i440fx-7.2' maxCpus='255'>pc</machine>
        <domain type='qemu'/>
        <domain type='kvm'>
          <emulator>/usr/bin/qemu-kvm</emulator>
          <machine maxCpus='288'>pc-q35-7.2</machine>
        </domain>
      </arch>
    </guest>

    <guest>
      <os_type>hvm</os_type>
      <arch name='x86_64'>
        <wordsize>64</wordsize>
        <emulator>/usr/bin/qemu-system-x86_64</emulator>
        <machine maxCpus='288'>pc-q35-7.2</machine>
        <machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine>
        <domain type='qemu'/>
        <domain type='kvm'/>
      </arch>
    </guest>

  </capabilities>
  """

let trunkNetwork = """
  <network>
    <name>ovs</name>
    <uuid>6b9fcb7e-f389-476f-a8a2-8fc177b8c29c</uuid>
    <forward mode='bridge'/>
    <bridge name='br0'/>
    <vlan trunk='yes'>
      <tag id='42'/>
      <tag id='47' nativeMode='untagged'/>
    </vlan>
    <virtualport type='openvswitch'/>
    <portgroup name='dmz' default='yes'>
    </portgroup>
    <portgroup name='lan'>
      <vlan>
        <tag id='99'/>
      </vlan>
    </portgroup>
  </network>
  """

let isolatedNetwork = """
  <network>
    <name>inner</name>
    <uuid>dd8fe884-6c02-601e-7551-cca97df1c5df</uuid>
    <bridge name='virbr7' stp='on' delay='0'/>
  </network>
  """

let directoryPool = """
  <pool type='dir'>
    <name>default-pool</name>
    <uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>
    <capacity unit='bytes'>107374182400</capacity>
    <allocation unit='bytes'>53687091200</allocation>
    <available unit='bytes'>53687091200</available>
    <source>
    </source>
    <target>
      <path>/default-pool</path>
    </target>
  </pool>
  """
