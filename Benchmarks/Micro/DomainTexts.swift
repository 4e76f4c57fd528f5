/// A running guest as libvirt prints one: two disks, one on a backing image, two interfaces, an agent and a console.
func domainXML(_ number: Int) -> String {
  """
  <domain type='kvm' id='\(number)'>
    <name>guest-\(number)</name>
    <uuid>8f6d6d1f-0f0d-4b6c-9a5c-\(100_000_000_000 + number)</uuid>
    <metadata>
      <app:note xmlns:app="urn:example:app">web &amp; more</app:note>
    </metadata>
    <memory unit='KiB'>2097152</memory>
    <currentMemory unit='KiB'>2097152</currentMemory>
    <vcpu placement='static' current='2'>4</vcpu>
    <resource>
      <partition>/machine</partition>
    </resource>
    <os>
      <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
      <boot dev='hd'/>
    </os>
    <features>
      <acpi/>
      <apic/>
    </features>
    <cpu mode='custom' match='exact' check='full'>
      <model fallback='forbid'>Skylake-Server-IBRS</model>
      <feature policy='require' name='ssbd'/>
      <feature policy='require' name='md-clear'/>
      <feature policy='require' name='hypervisor'/>
      <feature policy='disable' name='mpx'/>
    </cpu>
    <clock offset='utc'>
      <timer name='rtc' tickpolicy='catchup'/>
      <timer name='pit' tickpolicy='delay'/>
      <timer name='hpet' present='no'/>
    </clock>
    <on_poweroff>destroy</on_poweroff>
    <on_reboot>restart</on_reboot>
    <on_crash>destroy</on_crash>
    <devices>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      \(disks(number))
      <controller type='usb' index='0' model='qemu-xhci'>
        <alias name='usb'/>
        <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
      </controller>
      <controller type='pci' index='0' model='pcie-root'>
        <alias name='pcie.0'/>
      </controller>
      \(interfaces(number))
      <serial type='pty'>
        <source path='/dev/pts/\(number)'/>
        <target type='isa-serial' port='0'/>
      </serial>
      <channel type='unix'>
        <source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-\(number)/org.qemu.guest_agent.0'/>
        <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>
      </channel>
      <graphics type='vnc' port='\(5900 + number)' autoport='yes' listen='127.0.0.1'>
        <listen type='address' address='127.0.0.1'/>
      </graphics>
      <video>
        <model type='virtio' heads='1' primary='yes'/>
      </video>
      <memballoon model='virtio'>
        <stats period='10'/>
      </memballoon>
      <rng model='virtio'>
        <backend model='random'>/dev/urandom</backend>
      </rng>
    </devices>
    <seclabel type='dynamic' model='apparmor' relabel='yes'>
      <label>libvirt-guest-\(number)</label>
    </seclabel>
    <seclabel type='dynamic' model='dac' relabel='yes'>
      <label>+64055:+64055</label>
    </seclabel>
  </domain>
  """
}

private func disks(_ number: Int) -> String {
  """
  <disk type='file' device='disk'>
    <driver name='qemu' type='qcow2' cache='none' discard='unmap'/>
    <source file='/srv/images/guest-\(number).qcow2' index='2'/>
    <backingStore type='file' index='3'>
      <format type='qcow2'/>
      <source file='/srv/images/base.qcow2'/>
      <backingStore/>
    </backingStore>
    <target dev='vda' bus='virtio'/>
    <alias name='virtio-disk0'/>
  </disk>
  <disk type='network' device='disk'>
    <driver name='qemu' type='raw' cache='none'/>
    <auth username='libvirt'>
      <secret type='ceph' uuid='c4c6e5a0-3a6a-4d8e-9b3f-2f6c0f1e7a55'/>
    </auth>
    <source protocol='rbd' name='pool/guest-\(number)' index='1'>
      <host name='mon1' port='6789'/>
      <host name='mon2' port='6789'/>
    </source>
    <target dev='vdb' bus='virtio'/>
  </disk>
  """
}

private func interfaces(_ number: Int) -> String {
  """
  <interface type='bridge'>
    <mac address='52:54:00:00:00:01'/>
    <source bridge='br\(number % 20)'/>
    <target dev='vnet\(number * 2)'/>
    <model type='virtio'/>
    <filterref filter='clean-traffic'/>
  </interface>
  <interface type='bridge'>
    <mac address='52:54:00:00:00:02'/>
    <source network='net\(number % 10)' portgroup='web' bridge='br\(number % 10)'/>
    <target dev='vnet\(number * 2 + 1)'/>
    <model type='virtio'/>
    <mtu size='1500'/>
  </interface>
  """
}
