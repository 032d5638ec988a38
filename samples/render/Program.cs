using System.Diagnostics;
using System.Globalization;
using Espresso.Samples.Render;

// Usage: dotnet run -c Release [-- FILE [WIDTH [SAMPLES]]]
var file = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "../../../../espresso.jpg");
var width = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1200;
var samples = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 128;
var height = width * 2 / 3;

var clock = Stopwatch.StartNew();
var pixels = new byte[width * height * 3];
var camera = new Camera(eye: new(-5, 17.5f, 45), target: new(0.9f, 6.6f, 0), viewAngle: 37.5f, aspect: width / (float)height, aperture: 0.75f);
var rows = 0;
Parallel.For(0, height, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, y =>
{
    for (var x = 0; x < width; x++)
    {
        // A generator for each pixel: the picture does not depend on which thread draws what.
        var random = new Sampler((uint)((y * width) + x));
        var light = System.Numerics.Vector3.Zero;
        for (var sample = 0; sample < samples; sample++)
            light += Tracer.Light(camera.Ray((x + random.Next()) / width, (y + random.Next()) / height, ref random), ref random);
        Film.Develop(light / samples, x / (float)width, y / (float)height).CopyTo(pixels, ((y * width) + x) * 3);
    }

    var done = Interlocked.Increment(ref rows);
    if (done % 50 == 0)
        Console.WriteLine($"{100 * done / height} % after {clock.Elapsed.TotalSeconds:F0} s");
});
File.WriteAllBytes(file, Jpeg.Encode(pixels, width, height, quality: 86));
Console.WriteLine($"{Path.GetFullPath(file)}: {new FileInfo(file).Length} bytes");
