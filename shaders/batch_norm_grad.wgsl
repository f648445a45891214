// Gradient of batch norm by its input: rstd weight (g - mean(g) - n mean(g n)) with the normalised n = (x - mean) rstd. in0
// gradient, in1 x, in2 mean, in3 rstd, in4 sum(g), behind which sum(g n) lies, in5 weight. Parameters: 0 step from sum(g) to
// sum(g n); scalar 8 one over the elements of a channel, 0 where the statistics are constants.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let rstd = read_in3(at[4]);
    let normalised = (read_in1(at[2]) - read_in2(at[3])) * rstd;
    let slope = read_in4(at[5]) + normalised * read_in4(at[5] + arg(0u));
    return rstd${weight} * (read_in0(at[1]) - scalar_${T}(8u) * slope);
}
