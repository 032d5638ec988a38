using Espresso.Preprocessor.Vips;

Console.WriteLine(VipsRuntime.Start());
