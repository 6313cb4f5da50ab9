// Starts itself again and again through the shell, without waiting for any of them.
// expect: processLimit|memoryLimit
// limits: {"wallMs": 15000, "cpuMs": 60000}
const { spawn } = require('child_process');
const again = () => { spawn('/bin/sh', ['-c', 'sleep 60 & sleep 60']).on('error', () => {}); setImmediate(again); };
again();
