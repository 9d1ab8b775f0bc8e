"""What kernels of simulation codes are drafted with: `script.Script`, elements of meshes (`elements`) and cells of grids (`grid`)."""
