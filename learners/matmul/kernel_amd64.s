//go:build !purego

#include "textflag.h"

// Both kernels multiply tiles of 6 rows of a with a panel of b that is two vectors wide (8 float64, 16 float32):
//
//	c[i][j] = or += sum over t, in order, of a[i][t] * b[t][j], each product added with one rounding
//
// The twelve sums of a tile stay in Y0 to Y11; a is read number by number, b vector by vector, c once at the end. All strides are in bytes.
//
//	R12 tile of a    AX row 0 of it, at t    BX row 3    DX row stride    R9 column stride
//	DI row t of b    R11 its stride          R13 tile of c    SI its row stride    R8 tiles left    CX numbers left

#define TILES(BROADCAST, MOVE, FMA, ADD) \
	MOVQ  tiles+0(FP), R8 \
	MOVQ  a+16(FP), R12 \
	MOVQ  aRow+32(FP), DX \
	MOVQ  aColumn+40(FP), R9 \
	MOVQ  bRow+56(FP), R11 \
	MOVQ  c+64(FP), R13 \
	MOVQ  cRow+72(FP), SI \
tile: \
	VXORPS Y0, Y0, Y0 \
	VXORPS Y1, Y1, Y1 \
	VXORPS Y2, Y2, Y2 \
	VXORPS Y3, Y3, Y3 \
	VXORPS Y4, Y4, Y4 \
	VXORPS Y5, Y5, Y5 \
	VXORPS Y6, Y6, Y6 \
	VXORPS Y7, Y7, Y7 \
	VXORPS Y8, Y8, Y8 \
	VXORPS Y9, Y9, Y9 \
	VXORPS Y10, Y10, Y10 \
	VXORPS Y11, Y11, Y11 \
	MOVQ  R12, AX \
	LEAQ  (DX)(DX*2), BX \
	ADDQ  AX, BX \
	MOVQ  b+48(FP), DI \
	MOVQ  k+8(FP), CX \
product: \
	MOVE  (DI), Y12 \
	MOVE  32(DI), Y13 \
	BROADCAST (AX), Y14 \
	BROADCAST (AX)(DX*1), Y15 \
	FMA   Y12, Y14, Y0 \
	FMA   Y13, Y14, Y1 \
	FMA   Y12, Y15, Y2 \
	FMA   Y13, Y15, Y3 \
	BROADCAST (AX)(DX*2), Y14 \
	BROADCAST (BX), Y15 \
	FMA   Y12, Y14, Y4 \
	FMA   Y13, Y14, Y5 \
	FMA   Y12, Y15, Y6 \
	FMA   Y13, Y15, Y7 \
	BROADCAST (BX)(DX*1), Y14 \
	BROADCAST (BX)(DX*2), Y15 \
	FMA   Y12, Y14, Y8 \
	FMA   Y13, Y14, Y9 \
	FMA   Y12, Y15, Y10 \
	FMA   Y13, Y15, Y11 \
	ADDQ  R9, AX \
	ADDQ  R9, BX \
	ADDQ  R11, DI \
	DECQ  CX \
	JNZ   product \
	ADDQ  aTile+24(FP), R12 \
	LEAQ  (SI)(SI*2), BX \
	ADDQ  R13, BX \
	CMPQ  add+80(FP), $0 \
	JEQ   store \
	ADD   (R13), Y0, Y0 \
	ADD   32(R13), Y1, Y1 \
	ADD   (R13)(SI*1), Y2, Y2 \
	ADD   32(R13)(SI*1), Y3, Y3 \
	ADD   (R13)(SI*2), Y4, Y4 \
	ADD   32(R13)(SI*2), Y5, Y5 \
	ADD   (BX), Y6, Y6 \
	ADD   32(BX), Y7, Y7 \
	ADD   (BX)(SI*1), Y8, Y8 \
	ADD   32(BX)(SI*1), Y9, Y9 \
	ADD   (BX)(SI*2), Y10, Y10 \
	ADD   32(BX)(SI*2), Y11, Y11 \
store: \
	MOVE  Y0, (R13) \
	MOVE  Y1, 32(R13) \
	MOVE  Y2, (R13)(SI*1) \
	MOVE  Y3, 32(R13)(SI*1) \
	MOVE  Y4, (R13)(SI*2) \
	MOVE  Y5, 32(R13)(SI*2) \
	MOVE  Y6, (BX) \
	MOVE  Y7, 32(BX) \
	MOVE  Y8, (BX)(SI*1) \
	MOVE  Y9, 32(BX)(SI*1) \
	MOVE  Y10, (BX)(SI*2) \
	MOVE  Y11, 32(BX)(SI*2) \
	LEAQ  (SI)(SI*2), AX \
	LEAQ  (R13)(AX*2), R13 \
	DECQ  R8 \
	JNZ   tile \
	VZEROUPPER \
	RET

// func tilesFMA64(tiles, k int, a *float64, aTile, aRow, aColumn int, b *float64, bRow int, c *float64, cRow, add int)
TEXT ·tilesFMA64(SB), NOSPLIT, $0-88
	TILES(VBROADCASTSD, VMOVUPD, VFMADD231PD, VADDPD)

// func tilesFMA32(tiles, k int, a *float32, aTile, aRow, aColumn int, b *float32, bRow int, c *float32, cRow, add int)
TEXT ·tilesFMA32(SB), NOSPLIT, $0-88
	TILES(VBROADCASTSS, VMOVUPS, VFMADD231PS, VADDPS)

// func shiftAndSumAVX(to *float64, toRow int, from *float64, fromRow int, shift, sums *float64, rows, blocks int)
TEXT ·shiftAndSumAVX(SB), NOSPLIT, $0-64
	MOVQ to+0(FP), DI
	MOVQ toRow+8(FP), R12
	MOVQ from+16(FP), SI
	MOVQ fromRow+24(FP), R13
	MOVQ shift+32(FP), R8
	MOVQ sums+40(FP), R9
	MOVQ rows+48(FP), R10
	MOVQ blocks+56(FP), R11

shiftRow:
	XORQ AX, AX
	MOVQ R11, CX

shiftBlock:
	VMOVUPD (SI)(AX*1), Y0
	VSUBPD  (R8)(AX*1), Y0, Y0
	VMOVUPD Y0, (DI)(AX*1)
	VADDPD  (R9)(AX*1), Y0, Y0
	VMOVUPD Y0, (R9)(AX*1)
	ADDQ    $32, AX
	DECQ    CX
	JNZ     shiftBlock
	ADDQ    R13, SI
	ADDQ    R12, DI
	DECQ    R10
	JNZ     shiftRow
	VZEROUPPER
	RET
