// Torch has one random generator for the process, and what a training draws from it decides its bytes.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
