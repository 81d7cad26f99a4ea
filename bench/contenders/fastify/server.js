// SPDX-License-Identifier: MIT
// The benchmarked subset of the shop's API in Fastify: a cluster of one worker a core.
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';

if (cluster.isPrimary) {
  for (let i = 0; i < availableParallelism(); i++) cluster.fork();
  cluster.on('exit', (worker, code) => {
    if (!worker.exitedAfterDisconnect && code !== 0) process.exitCode = 1;
  });
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
    cluster.disconnect(() => process.exit());
  });
} else {
  const { start } = await import('./app.js');
  await start();
}
