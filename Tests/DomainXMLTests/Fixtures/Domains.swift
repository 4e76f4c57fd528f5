/// What libvirt 9.0.0 prints of a running TCG guest with a backing chain, shortened.
let runningGuest = """
  <domain type='qemu' id='1'>
    <name>plain</name>
    <uuid>f7791fb0-61ca-4685-a5ed-c83ef4a8dbd3</uuid>
    <memory unit='KiB'>65536</memory>
    <currentMemory unit='KiB'>65536</currentMemory>
    <vcpu placement='static' current='1'>2</vcpu>
    <resource>
      <partition>/machine</partition>
    </resource>
    <os>
      <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
      <boot dev='hd'/>
    </os>
    <cpu mode='custom' match='exact' check='full'>
      <model fallback='forbid'>Nehalem</model>
      <feature policy='require' name='hypervisor'/>
    </cpu>
    <clock offset='utc'/>
    <devices>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      <disk type='file' device='disk'>
        <driver name='qemu' type='qcow2'/>
        <source file='/var/lib/libvirt/images/top.qcow2' index='2'/>
        <backingStore type='file' index='3'>
          <format type='qcow2'/>
          <source file='/var/lib/libvirt/images/mid.qcow2'/>
          <backingStore type='file' index='4'>
            <format type='qcow2'/>
            <source file='/var/lib/libvirt/images/base.qcow2'/>
            <backingStore/>
          </backingStore>
        </backingStore>
        <target dev='vda' bus='virtio'/>
        <alias name='virtio-disk0'/>
      </disk>
      <disk type='file' device='cdrom'>
        <driver name='qemu'/>
        <target dev='sda' bus='sata'/>
        <readonly/>
        <alias name='sata0-0-0'/>
      </disk>
      <controller type='pci' index='0' model='pcie-root'>
        <alias name='pcie.0'/>
      </controller>
      <memballoon model='virtio'>
        <alias name='balloon0'/>
      </memballoon>
    </devices>
    <seclabel type='dynamic' model='dac' relabel='yes'>
      <label>+0:+0</label>
    </seclabel>
  </domain>
  """

/// One disk and one interface of every type, in the form in which libvirt prints them.
let guestOfEveryDevice = """
  <domain type='kvm' id='7'>
    <name>every</name>
    <uuid>5d0e3b9c-4f51-4a4e-9d0c-3f1b0c9f2a11</uuid>
    <memory unit='KiB'>1048576</memory>
    <vcpu placement='static'>4</vcpu>
    <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
    <cpu mode='host-passthrough' check='none' migratable='on'/>
    <devices>
      <disk type='block' device='disk'>
        <source dev='/dev/vg0/every'/><target dev='vda' bus='virtio'/><shareable/>
      </disk>
      <disk type='network' device='disk'>
        <source protocol='rbd' name='pool/image'><host name='mon1' port='6789'/></source><target dev='vdb' bus='virtio'/>
      </disk>
      <disk type='volume' device='disk'>
        <source pool='images' volume='every.qcow2'/><target dev='vdc' bus='virtio'/>
      </disk>
      <disk type='dir' device='floppy'>
        <source dir='/srv/floppy'/><target dev='fda' bus='fdc'/><readonly/>
      </disk>
      <disk type='nvme' device='disk'>
        <source type='pci' managed='yes' namespace='1'/><target dev='vdd' bus='virtio'/>
      </disk>
      <disk type='file' device='disk'>
        <source file='/srv/top.qcow2'/>
        <backingStore type='network'>
          <format type='raw'/><source protocol='nbd' name='base'/><backingStore/>
        </backingStore>
        <mirror type='file' job='copy'>
          <source file='/srv/copy.qcow2'/>
          <backingStore type='file'><source file='/srv/copy-base.qcow2'/></backingStore>
        </mirror>
        <target dev='vde' bus='virtio'/>
      </disk>
      <interface type='bridge'>
        <mac address='52:54:00:00:00:01'/><source bridge='br7'/>
      </interface>
      <interface type='network'>
        <mac address='52:54:00:00:00:02'/><source network='ovs' portgroup='dmz' portid='1' bridge='br0'/>
      </interface>
      <interface type='direct'>
        <mac address='52:54:00:00:00:03'/><source dev='eth0' mode='bridge'/>
      </interface>
    </devices>
  </domain>
  """
