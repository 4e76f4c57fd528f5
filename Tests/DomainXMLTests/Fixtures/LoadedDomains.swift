/// A guest that is tied to its host in every way that a domain can be, in the form in which libvirt prints one that runs.
let boundGuest = """
  <domain type='kvm' id='12' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
    <name>it's "bound" &amp; &lt;tied&gt;</name>
    <uuid>8f6d6d1f-0f0d-4b6c-9a5c-5d3b1a2c4e10</uuid>
    <metadata>
      <app:note xmlns:app="urn:example:app">kept &lt;as&gt; it is <!-- this too --> é</app:note>
    </metadata>
    <memory unit='KiB'>4194304</memory>
    <currentMemory unit='KiB'>4194304</currentMemory>
    <memoryBacking>
      <hugepages>
        <page size='2048' unit='KiB' nodeset='0'/>
        <page size='1' unit='GiB' nodeset='1'/>
      </hugepages>
      <locked/>
      <source type='memfd'/>
    </memoryBacking>
    <memtune>
      <hard_limit unit='KiB'>8388608</hard_limit>
    </memtune>
    <blkiotune>
      <device>
        <path>/dev/vg0/data</path>
        <weight>500</weight>
      </device>
    </blkiotune>
    <vcpu placement='static' cpuset='0-7,^5' current='2'>4</vcpu>
    <iothreads>1</iothreads>
    <cputune>
      <shares>2048</shares>
      <vcpupin vcpu='0' cpuset='0-3'/>
      <vcpupin vcpu='1' cpuset='6-7'/>
      <emulatorpin cpuset='1,3'/>
      <iothreadpin iothread='1' cpuset='7'/>
    </cputune>
    <numatune>
      <memory mode='strict' nodeset='0-1'/>
      <memnode cellid='0' mode='strict' nodeset='0'/>
      <memnode cellid='1' mode='preferred' nodeset='1'/>
    </numatune>
    <sysinfo type='fwcfg'>
      <entry name='opt/com.example/config' file='/srv/ignition.json'/>
    </sysinfo>
    <os>
      <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
      <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
      <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>/var/lib/libvirt/qemu/nvram/bound_VARS.fd</nvram>
      <kernel>/srv/boot/vmlinuz</kernel>
      <initrd>/srv/boot/initrd.img</initrd>
      <dtb>/srv/boot/board.dtb</dtb>
      <acpi>
        <table type='slic'>/srv/slic.dat</table>
      </acpi>
    </os>
    <cpu mode='custom' match='exact' check='full' migratable='off'>
      <model fallback='forbid'>Skylake-Server-IBRS</model>
      <feature policy='require' name='vmx'/>
      <feature policy='force' name='invtsc'/>
      <feature policy='disable' name='mpx'/>
      <feature policy='optional' name='pcid'/>
      <feature policy='forbid' name='hle'/>
      <feature name='ssbd'/>
      <numa>
        <cell id='0' cpus='0-1' memory='2097152' unit='KiB'/>
        <cell id='1' cpus='2-3' memory='2' unit='GiB'/>
      </numa>
    </cpu>
    <clock offset='utc'>
      <timer name='rtc' tickpolicy='catchup'/>
      <timer name='tsc' frequency='2400000000'/>
    </clock>
    <devices>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      <disk type='file' device='disk' snapshot='external'>
        <driver name='qemu' type='qcow2' cache='none'/>
        <source file='/srv/it&apos;s "top" &amp; &lt;é&gt;.qcow2' startupPolicy='requisite' index='1'>
          <encryption format='luks'>
            <secret type='passphrase' uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f'/>
          </encryption>
          <dataStore type='file'>
            <format type='raw'/>
            <source file='/srv/top.data'/>
          </dataStore>
        </source>
        <backingStore type='network' index='2'>
          <format type='raw'/>
          <source protocol='rbd' name='pool/base'>
            <host name='mon1' port='6789'/>
            <config file='/etc/ceph/other.conf'/>
            <auth username='libvirt'>
              <secret type='ceph' usage='client.libvirt secret'/>
            </auth>
            <slices>
              <slice type='storage' offset='0' size='1048576'/>
            </slices>
          </source>
          <backingStore/>
        </backingStore>
        <target dev='vda' bus='virtio'/>
        <transient/>
      </disk>
      <disk type='network' device='disk'>
        <driver name='qemu' type='raw' cache='writeback'/>
        <auth username='user'>
          <secret type='iscsi' uuid='c4c6e5a0-3a6a-4d8e-9b3f-2f6c0f1e7a55'/>
        </auth>
        <source protocol='nbd' name='export'>
          <host transport='unix' socket='/run/nbd.sock'/>
        </source>
        <target dev='vdb' bus='virtio'/>
      </disk>
      <disk type='vhostuser' device='disk'>
        <driver name='qemu' type='raw'/>
        <source type='unix' path='/run/spdk.sock'/>
        <target dev='vdc' bus='virtio'/>
      </disk>
      <disk type='block' device='lun'>
        <driver name='qemu' type='raw' cache='none'/>
        <source dev='/dev/disk/by-id/wwn-1'>
          <reservations managed='no'>
            <source type='unix' path='/run/pr-helper.sock' mode='client'/>
          </reservations>
        </source>
        <target dev='sda' bus='scsi'/>
        <shareable/>
      </disk>
      <filesystem type='mount' accessmode='passthrough'>
        <driver type='virtiofs'/>
        <binary path='/usr/libexec/virtiofsd'/>
        <source dir='/srv/share'/>
        <target dir='share'/>
        <alias name='fs0'/>
      </filesystem>
      <filesystem type='mount'>
        <source dir='/srv/nine'/>
        <target dir='nine'/>
      </filesystem>
      <interface type='bridge'>
        <mac address='52:54:00:00:01:01'/>
        <source bridge='br0'/>
        <backend tap='/dev/net/tun' vhost='/dev/vhost-net'/>
        <filterref filter='clean-traffic'/>
        <mtu size='9000'/>
      </interface>
      <interface type='direct'>
        <mac address='52:54:00:00:01:02'/>
        <source network='macvtap' portid='1' dev='eth0' mode='bridge'/>
      </interface>
      <interface type='direct'>
        <mac address='52:54:00:00:01:03'/>
        <source dev='eth1'/>
      </interface>
      <interface type='vhostuser'>
        <mac address='52:54:00:00:01:04'/>
        <source type='unix' path='/run/ovs/vhost.sock' mode='client'/>
      </interface>
      <interface type='vhostuser'>
        <mac address='52:54:00:00:01:05'/>
        <source type='unix' path='/run/guests/vhost.sock' mode='server'/>
      </interface>
      <interface type='hostdev' managed='yes'>
        <mac address='52:54:00:00:01:06'/>
        <source>
          <address type='pci' domain='0x0000' bus='0x3b' slot='0x02' function='0x1'/>
        </source>
        <teaming type='transient' persistent='ua-net0'/>
        <rom file='/srv/boot.rom'/>
      </interface>
      <interface type='user'>
        <mac address='52:54:00:00:01:07'/>
        <backend type='passt'/>
      </interface>
      <interface type='vdpa'>
        <mac address='52:54:00:00:01:08'/>
        <source dev='/dev/vhost-vdpa-0'/>
      </interface>
      <serial type='file'>
        <source path='/var/log/guests/serial.log'/>
        <target port='0'/>
        <log file='/var/log/guests/serial-copy.log' append='on'/>
      </serial>
      <serial type='dev'>
        <source path='/dev/ttyS0'/>
        <target port='1'/>
      </serial>
      <parallel type='pipe'>
        <source path='/srv/pipe'/>
        <target port='0'/>
      </parallel>
      <console type='file'>
        <source path='/var/log/guests/serial.log'/>
        <target type='serial' port='0'/>
      </console>
      <console type='pty' tty='/dev/pts/3'>
        <source path='/dev/pts/3'/>
        <target type='virtio' port='1'/>
      </console>
      <channel type='unix'>
        <source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-12-bound/org.qemu.guest_agent.0'/>
        <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>
      </channel>
      <channel type='unix'>
        <source mode='connect' path='/run/agent.sock'/>
        <target type='virtio' name='org.example.0'/>
      </channel>
      <input type='passthrough' bus='virtio'>
        <source evdev='/dev/input/event1'/>
        <alias name='input0'/>
      </input>
      <tpm model='tpm-crb'>
        <backend type='emulator' version='2.0'>
          <encryption secret='6dd3e4a5-1d76-44ce-961f-f119f5aad935'/>
        </backend>
      </tpm>
      <graphics type='vnc' port='5901' autoport='no' listen='192.0.2.7'>
        <listen type='address' address='192.0.2.7'/>
      </graphics>
      <graphics type='spice' port='-1' tlsPort='5910' autoport='no'>
        <listen type='network' address='192.0.2.8' network='default'/>
        <gl enable='yes' rendernode='/dev/dri/renderD128'/>
      </graphics>
      <graphics type='vnc' socket='/run/guests/vnc.sock'>
        <listen type='socket' socket='/run/guests/vnc.sock'/>
      </graphics>
      <audio id='1' type='file' path='/srv/out.wav'/>
      <video>
        <model type='virtio' heads='1' blob='on'>
          <acceleration accel3d='yes'/>
        </model>
        <alias name='video0'/>
      </video>
      <hostdev mode='subsystem' type='pci' managed='yes'>
        <source>
          <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
        </source>
        <alias name='hostdev0'/>
      </hostdev>
      <hostdev mode='subsystem' type='usb'>
        <source>
          <vendor id='0x1234'/>
          <product id='0xbeef'/>
          <address bus='1' device='3'/>
        </source>
      </hostdev>
      <hostdev mode='subsystem' type='usb'>
        <source>
          <address bus='1' device='4'/>
        </source>
      </hostdev>
      <hostdev mode='subsystem' type='scsi'>
        <source>
          <adapter name='scsi_host0'/>
          <address bus='0' target='2' unit='5'/>
        </source>
      </hostdev>
      <hostdev mode='subsystem' type='scsi'>
        <source protocol='iscsi' name='iqn.2014-08.com.example:disk/1'>
          <host name='store'/>
          <auth username='user'>
            <secret type='iscsi' usage='libvirtiscsi'/>
          </auth>
        </source>
        <alias name='hostdev4'/>
      </hostdev>
      <hostdev mode='subsystem' type='mdev' model='vfio-pci'>
        <source>
          <address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/>
        </source>
      </hostdev>
      <hostdev mode='subsystem' type='scsi_host'>
        <source protocol='vhost' wwpn='naa.5123456789abcde0'/>
      </hostdev>
      <rng model='virtio'>
        <backend model='random'>/dev/urandom</backend>
      </rng>
      <rng model='virtio'>
        <backend model='egd' type='unix'>
          <source mode='connect' path='/run/egd.sock'/>
        </backend>
      </rng>
      <shmem name='ring' role='peer'>
        <model type='ivshmem-plain'/>
        <size unit='M'>4</size>
      </shmem>
      <shmem name='doorbell'>
        <model type='ivshmem-doorbell'/>
        <server path='/run/ivshmem.sock'/>
      </shmem>
      <memory model='dimm'>
        <source>
          <pagesize unit='KiB'>2048</pagesize>
          <nodemask>0-1</nodemask>
        </source>
        <target>
          <size unit='KiB'>524288</size>
          <node>1</node>
        </target>
        <alias name='dimm0'/>
      </memory>
      <memory model='nvdimm'>
        <source>
          <path>/srv/nvdimm</path>
        </source>
        <target>
          <size unit='KiB'>524288</size>
          <node>1</node>
        </target>
        <alias name='nvdimm0'/>
      </memory>
      <lease>
        <lockspace>area</lockspace>
        <key>bound</key>
        <target path='/srv/leases/area' offset='1048576'/>
      </lease>
    </devices>
    <launchSecurity type='sev'>
      <policy>0x0003</policy>
    </launchSecurity>
    <seclabel type='static' model='selinux' relabel='yes'>
      <label>system_u:system_r:svirt_t:s0:c1,c2</label>
    </seclabel>
    <seclabel type='none' model='apparmor'/>
    <qemu:commandline>
      <qemu:arg value='-name'/>
      <qemu:arg value='debug-threads=on'/>
    </qemu:commandline>
  </domain>
  """
